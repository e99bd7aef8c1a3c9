import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever the kernel's own clock is. */
const TICKS_PER_SECOND = 100

export interface ProcessState {
  readonly pid: number
  readonly command: string
  /** Its own CPU time and that of its children that ended. */
  readonly cpuSeconds: number
}

/** Peak resident memory of the largest process below `root`, in kB; 0 when there is none. */
export function largestMemory(root: number): number {
  return Math.max(0, ...childrenOf(root).flatMap((pid) => [peakMemory(pid), largestMemory(pid)]))
}

/** Peak resident memory of a process in kB; 0 when it has ended. */
export function peakMemory(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0)
}

/** Lets the peak of a process of the same user begin at what it holds now. */
export function resetPeakMemory(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** A process and all below it. */
export function processTree(root: number): readonly ProcessState[] {
  const self = stateOf(root)
  return [...(self === null ? [] : [self]), ...childrenOf(root).flatMap((pid) => processTree(pid))]
}

function stateOf(pid: number): ProcessState | null {
  const stat = textOf(`/proc/${pid}/stat`)
  if (stat === '') return null
  // The name in brackets may hold blanks: fields are counted behind it, where the third is the first.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return { pid, command: textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' '), cpuSeconds: ticks / TICKS_PER_SECOND }
}

/** Threads have children of their own: a process that any of them started is one of the process. */
function childrenOf(pid: number): readonly number[] {
  return namesIn(`/proc/${pid}/task`).flatMap((thread) =>
    textOf(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  )
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
