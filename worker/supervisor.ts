import { parseArgs } from 'node:util'
import { EmbeddedSupervisor } from './embedded-supervisor.ts'

/** The detached process that supervises a project's server and worker; started by `accessTemporal`. */
const { values } = parseArgs({
  options: { project: { type: 'string' }, binary: { type: 'string' }, 'linger-ms': { type: 'string' } },
})
const supervisor = new EmbeddedSupervisor({
  projectDir: values.project ?? process.cwd(),
  binary: values.binary ?? 'temporal',
  lingerMs: Number(values['linger-ms'] ?? 600_000),
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void supervisor.end(signal))
process.on('SIGHUP', () => undefined)
await supervisor.run()
process.exit(0)
