import { constants } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { release } from 'node:os'
import { messageOf, OnclockError } from '../../pipeline/errors.ts'
import { bytes, counted } from '../views/numbers.ts'
import type { CommandContext } from '../command.ts'
import { pipelineNames } from './find-pipeline.ts'

/** One thing that was looked at. `note` is worth knowing, `missing` keeps pipelines from running. */
export interface Finding {
  readonly what: string
  readonly state: 'ok' | 'note' | 'missing'
  readonly found: string
  readonly remedy: string | null
  /** Of the project's own server while it is up. */
  readonly pids?: { readonly supervisor: number; readonly server: number | null; readonly worker: number | null }
}

type Check = (context: CommandContext) => Promise<Finding>

const LITTLE_SPACE_BYTES = 1e9

/** Looks at everything a run needs. Nothing is started or downloaded. */
export async function checkMachine(context: CommandContext): Promise<Finding[]> {
  const checks: readonly (readonly [string, Check])[] = [
    ['Node', node],
    ['project', project],
    ['disk', disk],
    ['DuckDB', duckdb],
    ['Temporal', temporal],
    ['server', server],
    ['Python', python],
  ]
  return Promise.all(
    checks.map(async ([what, check]) => {
      try {
        return await check(context)
      } catch (error) {
        const hint = error instanceof OnclockError ? (error.hint ?? null) : null
        return { what, state: 'missing' as const, found: messageOf(error), remedy: hint }
      }
    }),
  )
}

const node: Check = () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const recent = major > 20 || (major === 20 && minor >= 19)
  return Promise.resolve({
    what: 'Node',
    state: recent ? 'ok' : 'missing',
    found: `${process.versions.node} on ${process.platform} ${process.arch} (${release()})`,
    remedy: recent ? null : 'onclock needs Node 20.19 or later.',
  })
}

const project: Check = async ({ projectDir }) => {
  await access(projectDir, constants.W_OK)
  const names = pipelineNames(projectDir)
  return {
    what: 'project',
    state: names.length === 0 ? 'note' : 'ok',
    found: `${projectDir}, ${names.length === 0 ? 'without a pipeline in config/' : `${counted(names.length, 'pipeline')}: ${names.join(', ')}`}`,
    remedy: names.length === 0 ? 'onclock init makes one.' : null,
  }
}

const disk: Check = async ({ projectDir }) => {
  const { bavail, bsize } = await statfs(projectDir)
  const free = bavail * bsize
  const little = free < LITTLE_SPACE_BYTES
  return {
    what: 'disk',
    state: little ? 'note' : 'ok',
    found: `${bytes(free)} free`,
    remedy: little ? 'A run needs about four times the size of its input.' : null,
  }
}

const duckdb: Check = async () => {
  const { version } = await import('@duckdb/node-api')
  return { what: 'DuckDB', state: 'ok', found: version(), remedy: null }
}

const temporal: Check = async ({ projectDir, env, profile }) => {
  const { configuredServer } = await import('../../worker/server-settings.ts')
  const configured = configuredServer(profile === undefined ? {} : { profile }, env)
  if (configured !== null)
    return { what: 'Temporal', state: 'ok', found: 'no binary needed: a server is configured', remedy: null }
  const { findTemporalBinary } = await import('../../worker/temporal-binary.ts')
  try {
    const binary = await findTemporalBinary({ projectDir, env, onEvent: () => undefined, sources: [] })
    return { what: 'Temporal', state: 'ok', found: `${binary.version} (${binary.origin}) ${binary.path}`, remedy: null }
  } catch (error) {
    if (env['ONCLOCK_TEMPORAL_BINARY'] !== undefined) throw error
    return { what: 'Temporal', state: 'note', found: 'no binary on this machine yet', remedy: 'The first run downloads one.' }
  }
}

const server: Check = async ({ projectDir, env, profile }) => {
  const { configuredServer } = await import('../../worker/server-settings.ts')
  const configured = configuredServer(profile === undefined ? {} : { profile }, env)
  if (configured !== null) {
    const { connectClient } = await import('../../worker/connection.ts')
    const client = await connectClient(configured.settings)
    await client.connection.close()
    const { address, namespace } = configured.settings
    return {
      what: 'server',
      state: 'ok',
      found: `${address}, namespace ${namespace}, answers (set by ${configured.source})`,
      remedy: null,
    }
  }
  const { embeddedStatus } = await import('../../worker/embedded.ts')
  const status = await embeddedStatus(projectDir)
  if (!status.running) return { what: 'server', state: 'ok', found: 'none is up; the next run starts one', remedy: null }
  const ready = status.server.state === 'ready' && status.worker.state === 'ready'
  const runs = status.openRuns === null ? '' : `, ${counted(status.openRuns, 'open run')}`
  return {
    what: 'server',
    state: ready ? 'ok' : 'note',
    found: `up at ${status.address}: server ${status.server.state}, worker ${status.worker.state}${runs}, UI ${status.uiUrl}`,
    remedy: ready ? null : 'Its logs are in .onclock/; onclock down ends it, the next command starts it anew.',
    pids: { supervisor: status.pid, server: status.server.pid, worker: status.worker.pid },
  }
}

const python: Check = async ({ projectDir, env }) => {
  const { findPython } = await import('../../activities/modules/find-python.ts')
  try {
    return { what: 'Python', state: 'ok', found: findPython(null, projectDir, { ...env }), remedy: null }
  } catch (error) {
    // Only Python stages need it.
    return {
      what: 'Python',
      state: 'note',
      found: messageOf(error),
      remedy: error instanceof OnclockError ? (error.hint ?? null) : null,
    }
  }
}
