import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const SHORTEST_POLL_MS = 10
const LONGEST_POLL_MS = 200
/** How long KILL may take: a process in the kernel's hands ends when it comes back from there. */
const KILL_MS = 2_000

/** Whether a process of the group is left. A process of another user counts as gone: it is beyond reach. */
function groupAlive(pid: number): boolean {
  return signalGroup(pid, 0) && (process.platform !== 'linux' || hasLivingMember(pid))
}

/** Linux signals zombies too, and in a container without an init they stay for ever; macOS refuses, which counts as gone. */
function hasLivingMember(group: number): boolean {
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1')
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return Number(pgrp) === group && state !== 'Z' && state !== 'X'
    } catch {
      return false
    }
  })
}

/** Sends TERM to the group, waits until it is empty or `graceMs` have passed, and then sends KILL. */
export async function endGroup(pid: number, graceMs: number): Promise<void> {
  if (!signalGroup(pid, 'SIGTERM')) return
  if (await emptied(pid, graceMs)) return
  if (signalGroup(pid, 'SIGKILL')) await emptied(pid, KILL_MS)
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}

async function emptied(pid: number, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs
  for (let poll = SHORTEST_POLL_MS; groupAlive(pid); poll = Math.min(poll * 2, LONGEST_POLL_MS)) {
    if (Date.now() >= end) return false
    await sleep(Math.min(poll, Math.max(1, end - Date.now())))
  }
  return true
}
