import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '../pipeline/errors.ts'
import { projectStateDir } from './cache-folder.ts'
import { runWorker } from './run-worker.ts'
import type { ReadyLine } from './worker-process.ts'

/** The embedded worker: a process of its own below the supervisor, which starts it again when it ends. */
const GRACE_MS = 3_000
/** The server gets a minute to come back after a crash. */
const CONNECT_MS = 60_000
const ORPHAN_POLL_MS = 1_000

const { values } = parseArgs({
  options: {
    'onclock-worker-of': { type: 'string' },
    address: { type: 'string' },
    namespace: { type: 'string' },
    'task-queue': { type: 'string' },
  },
})
const projectDir = JSON.parse(values['onclock-worker-of'] ?? '""') as string
// What a worker that was killed had spilled is of no use to anybody. There is one embedded worker at a time.
const spillDir = join(projectStateDir(projectDir), 'spill', 'embedded')
rmSync(spillDir, { recursive: true, force: true })
const orphaned = endWhenOrphaned()
try {
  await runWorker({
    projectDir,
    server: { address: values.address ?? '', namespace: values.namespace ?? 'default' },
    taskQueue: values['task-queue'] ?? '',
    spillDir,
    shutdownGraceMs: GRACE_MS,
    connectWithinMs: CONNECT_MS,
    onReady(ready) {
      const line: ReadyLine = { ready }
      process.stdout.write(`${JSON.stringify(line)}\n`)
    },
    signal: orphaned,
  })
  process.exit(0)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`)
  process.exit(1)
}

/** The guard ends this process when its supervisor dies; should the guard have died with it, this does. */
function endWhenOrphaned(): AbortSignal {
  const controller = new AbortController()
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) controller.abort()
  }, ORPHAN_POLL_MS).unref()
  return controller.signal
}
