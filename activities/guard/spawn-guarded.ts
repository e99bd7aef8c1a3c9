import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { LineSplitter } from './line-splitter.ts'
import { endGroup } from './process-group.ts'

export interface GuardedOptions {
  readonly cwd?: string
  /** The whole environment of the child; this process's own unless given. */
  readonly env?: NodeJS.ProcessEnv
  /** Written to the child's standard input, which is then closed; empty unless given. */
  readonly stdin?: string
  readonly onStdout?: (line: string) => void
  readonly onStderr?: (line: string) => void
  /** Lines, of any length, that the child writes to its descriptor 4 (`REPORT_FD`): apart from what it prints. */
  readonly onReport?: (line: string) => void
  /** Both streams are appended to this file instead; it goes on being written when this process is busy. */
  readonly logFile?: string
  /** Between TERM and KILL. */
  readonly graceMs?: number
  /** Stops the process when it fires. */
  readonly signal?: AbortSignal
}

export interface GuardedExit {
  /** Null when a signal ended the process. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface GuardedProcess {
  /** Of the command itself, which leads its own process group. */
  readonly pid: number
  /**
   * Resolves when the command has ended, the rest of its group is gone and its last line was handed over. Code 127 or 126:
   * there is no such command, or it cannot be run. Rejects with what a taker of lines threw, once everything has ended.
   */
  readonly exited: Promise<GuardedExit>
  /** TERM to the whole group, KILL after the grace; resolves when it is gone. May be called at any time and again. */
  stop(): Promise<void>
}

/** Where a child that was given `onReport` writes its reports. */
export const REPORT_FD = 4

const DEFAULT_GRACE_MS = 5_000
/** How long the last output may take to arrive: a process that left the group may hold the pipe open for ever. */
const DRAIN_MS = 500

/**
 * The guard holds the read end of a pipe whose write end only the parent has; when the pipe ends without the word "done",
 * the parent is gone, however it died. It has a session of its own, so that no signal to the group or the terminal reaches it.
 */
const GUARD = `trap '' HUP INT QUIT TERM
IFS= read -r pid || exit 0
IFS= read -r word && exit 0
kill -s TERM -- "-$pid" 2>/dev/null || exit 0
n=0
while [ "$n" -lt "$1" ] && kill -s 0 -- "-$pid" 2>/dev/null; do
  sleep 0.1 2>/dev/null || sleep 1
  n=$((n + 1))
done
kill -s KILL -- "-$pid" 2>/dev/null
exit 0`

/** The child tells the guard its own process ID, so that there is no moment in which it runs and is not guarded. */
const ANNOUNCE = `echo $$ >&3; exec 3>&-; exec "$@"`

/**
 * Starts a command in a process group of its own. The whole group ends (TERM, then KILL) when the command has ended, when
 * `stop` is called, when the signal fires, or when this process dies, even by `kill -9`. Out of reach are only processes
 * that leave the group.
 */
export function spawnGuarded(command: string, args: readonly string[], options: GuardedOptions = {}): GuardedProcess {
  const graceMs = options.graceMs ?? DEFAULT_GRACE_MS
  const guard = startGuard(graceMs)
  const child = startChild(command, args, options, guard.stdin as Writable)
  const { pid } = child
  if (pid === undefined) {
    releaseGuard(guard)
    return { pid: -1, exited: failure(child), stop: async () => undefined }
  }
  let stopping: Promise<void> | null = null
  const stop = (): Promise<void> => (stopping ??= endGroup(pid, graceMs))
  const abort = (): void => void stop()
  const exited = waitForEnd(child, options, stop).finally(() => {
    options.signal?.removeEventListener('abort', abort)
    releaseGuard(guard)
  })
  options.signal?.addEventListener('abort', abort, { once: true })
  if (options.signal?.aborted === true) abort()
  return { pid, exited, stop: async () => void (await Promise.all([stop(), exited])) }
}

function startGuard(graceMs: number): ChildProcess {
  const tenths = String(Math.ceil(graceMs / 100))
  const guard = spawn('/bin/sh', ['-c', GUARD, 'onclock-guard', tenths], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.on('error', ignore)
  guard.stdin.on('error', ignore)
  guard.unref()
  return guard
}

function releaseGuard(guard: ChildProcess): void {
  guard.stdin?.end('done\ndone\n')
}

function startChild(command: string, args: readonly string[], options: GuardedOptions, lifeline: Writable): ChildProcess {
  const log = options.logFile === undefined ? null : openSync(options.logFile, 'a')
  const stdio: StdioOptions = [
    options.stdin === undefined ? 'ignore' : 'pipe',
    log ?? (options.onStdout === undefined ? 'ignore' : 'pipe'),
    log ?? (options.onStderr === undefined ? 'ignore' : 'pipe'),
    lifeline,
    ...(options.onReport === undefined ? [] : ['pipe' as const]),
  ]
  try {
    const child = spawn('/bin/sh', ['-c', ANNOUNCE, 'sh', command, ...args], {
      detached: true,
      stdio,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    })
    // A command that ends without reading its input is no fault of ours.
    child.stdin?.on('error', ignore)
    child.stdin?.end(options.stdin)
    return child
  } finally {
    if (log !== null) closeSync(log)
  }
}

async function waitForEnd(
  child: ChildProcess,
  { onStdout, onStderr, onReport }: GuardedOptions,
  stop: () => Promise<void>,
): Promise<GuardedExit> {
  const reports = (child.stdio[REPORT_FD] ?? null) as Readable | null
  let trouble: Error | null = null
  // Thrown from an event it would end this process, and with it everything else that it does.
  const guarded = (onLine: ((line: string) => void) | undefined) =>
    onLine === undefined
      ? undefined
      : (line: string): void => {
          if (trouble !== null) return
          try {
            onLine(line)
          } catch (error) {
            trouble = error instanceof Error ? error : new Error(String(error))
            void stop()
          }
        }
  const streams = [
    pump(child.stdout, guarded(onStdout)),
    pump(child.stderr, guarded(onStderr)),
    pump(reports, guarded(onReport), Infinity),
  ]
  const end = await new Promise<GuardedExit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  await stop()
  await Promise.race([Promise.all(streams.map((stream) => stream.closed)), sleep(DRAIN_MS, null, { ref: false })])
  for (const stream of streams) stream.finish()
  if (trouble !== null) throw trouble
  return end
}

function pump(
  stream: Readable | null,
  onLine: ((line: string) => void) | undefined,
  longest?: number,
): { readonly closed: Promise<void>; finish(): void } {
  if (stream === null || onLine === undefined) return { closed: Promise.resolve(), finish: ignore }
  const lines = new LineSplitter(onLine, longest)
  stream.on('data', (chunk: Buffer) => lines.add(chunk))
  stream.on('error', ignore)
  return {
    closed: new Promise((resolve) => stream.once('close', resolve)),
    finish() {
      stream.removeAllListeners('data')
      stream.destroy()
      lines.end()
    },
  }
}

function failure(child: ChildProcess): Promise<never> {
  const failed = new Promise<never>((_resolve, reject) => child.once('error', reject))
  // Whoever awaits it gets the error; nobody awaiting must not end this process.
  failed.catch(ignore)
  return failed
}

function ignore(): void {}
