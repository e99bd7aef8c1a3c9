import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** The command lines of the living processes that hold the marker; zombies do not live. */
export function processesWith(marker: string): string[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,stat=,args='], { encoding: 'utf8' })
  return table.split('\n').filter((line) => line.includes(marker) && !/^\s*\d+\s+Z/.test(line))
}

/** Waits until the condition holds; false when it did not within the time. */
export async function eventually(condition: () => boolean, withinMs = 5_000): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(30)) if (condition()) return true
  return condition()
}
