import { setTimeout as sleep } from 'node:timers/promises'
import { serverMark } from './dev-server.ts'
import { isSameProcess, processesWithCommand, type ProcessIdentity } from './process-identity.ts'
import { workerMark } from './worker-process.ts'

const GONE_MS = 5_000

/**
 * Ends what a supervisor that was killed may have left: a server on this project's database (the server itself does not mind
 * a second one on the same file) and a worker. They are known by their command lines, which name the project.
 */
export async function endLeftovers(projectDir: string, log: (line: string) => void): Promise<number> {
  const servers = processesWithCommand(serverMark(projectDir)).filter(({ command }) => command.includes(' server start-dev '))
  const workers = processesWithCommand(workerMark(projectDir)).filter(({ command }) => command.includes('main.js'))
  const leftovers = [...servers, ...workers].filter(({ pid }) => pid !== process.pid)
  await Promise.all(leftovers.map((leftover) => endProcess(leftover, log)))
  return leftovers.length
}

/** Ends a process at once, if it still is the one that was meant, and waits until it is gone. */
export async function endProcess(identity: ProcessIdentity, log: (line: string) => void): Promise<void> {
  if (!isSameProcess(identity)) return
  log(`ending process ${identity.pid}, which was left behind: ${identity.command.slice(0, 120)}`)
  try {
    process.kill(identity.pid, 'SIGKILL')
  } catch {
    return
  }
  for (const end = Date.now() + GONE_MS; isSameProcess(identity) && Date.now() < end;) await sleep(10)
}
