import { join } from 'node:path'
import { type GuardedProcess, spawnGuarded } from '../activities/guard/spawn-guarded.ts'
import { packageRoot } from '../activities/package-root.ts'
import type { WorkerParts } from './access.ts'
import { taskQueueOf } from './task-queue.ts'

/** Processes run from the built files: Node 20 cannot run TypeScript. */
const WORKER_SCRIPT = join(packageRoot, 'dist', 'worker', 'main.js')

export interface WorkerProcessOptions {
  readonly projectDir: string
  readonly address: string
  readonly onReady: (parts: WorkerParts) => void
  readonly onLog: (line: string) => void
}

/** The line by which the worker process says that it polls. */
export interface ReadyLine {
  readonly ready: WorkerParts
}

/** Before the project's folder, in quotes, so that one folder's name is never taken for the beginning of another's. */
const WORKER_FLAG = '--onclock-worker-of='

/** Starts the embedded worker as a process of its own, which ends when this one does. */
export function startWorkerProcess({ projectDir, address, onReady, onLog }: WorkerProcessOptions): GuardedProcess {
  const args = [
    WORKER_SCRIPT,
    workerMark(projectDir),
    `--address=${address}`,
    '--namespace=default',
    `--task-queue=${taskQueueOf(projectDir)}`,
  ]
  return spawnGuarded(process.execPath, args, {
    cwd: projectDir,
    onStdout(line) {
      const parts = readyParts(line)
      if (parts === null) onLog(line)
      else onReady(parts)
    },
    onStderr: onLog,
    // After the worker's own grace for the stages it runs.
    graceMs: 15_000,
  })
}

/** The text in a worker's command line by which a worker of this project's supervisor is known. */
export function workerMark(projectDir: string): string {
  return `${WORKER_FLAG}${JSON.stringify(projectDir)}`
}

function readyParts(line: string): WorkerParts | null {
  if (!line.startsWith('{"ready":')) return null
  try {
    return (JSON.parse(line) as ReadyLine).ready
  } catch {
    return null
  }
}
