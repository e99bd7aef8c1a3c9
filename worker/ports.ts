import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { OnclockError } from '../pipeline/errors.ts'

/** The ports of a project's server, all on the loopback interface. */
export interface ServerPorts {
  readonly grpc: number
  readonly ui: number
  readonly http: number
}

/** Below the ranges from which Linux and macOS give ports to outgoing connections. */
const FIRST_PORT = 17_000
const PORT_COUNT = 10_000
const TRIES = 200

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The ports for a project's server. They are those of the last time where these are free, so that printed links go on
 * working; `ONCLOCK_PORT` and `ONCLOCK_UI_PORT` pin them, and then a port in use is an error.
 */
export async function choosePorts(projectDir: string, stateDir: string, env: Environment): Promise<ServerPorts> {
  const file = join(stateDir, 'ports.json')
  const start = startOf(projectDir)
  const remembered = { grpc: start, ui: start + 1, http: start + 2, ...readPorts(file) }
  const taken = new Set<number>()
  const grpc = (await pinned('ONCLOCK_PORT', env)) ?? (await firstFree(remembered.grpc, taken))
  taken.add(grpc)
  const ui = (await pinned('ONCLOCK_UI_PORT', env)) ?? (await firstFree(remembered.ui, taken))
  taken.add(ui)
  const ports = { grpc, ui, http: await firstFree(remembered.http, taken) }
  writeFileSync(file, `${JSON.stringify(ports)}\n`)
  return ports
}

/** Whether nothing listens on the port of the loopback interface. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

async function pinned(variable: 'ONCLOCK_PORT' | 'ONCLOCK_UI_PORT', env: Environment): Promise<number | null> {
  const text = env[variable]?.trim()
  if (text === undefined || text === '') return null
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new OnclockError('USAGE', `${variable} is "${text}"; a port is a whole number from 1 to 65535.`)
  }
  if (await isPortFree(port)) return port
  throw new OnclockError('PORT_IN_USE', `${variable} pins port ${port}, and something else listens there.`, {
    hint: `Set ${variable} to a free port, or unset it to have one chosen; \`lsof -nP -iTCP:${port} -sTCP:LISTEN\` shows who has it.`,
  })
}

async function firstFree(preferred: number, taken: ReadonlySet<number>): Promise<number> {
  for (let n = 0; n < TRIES; n++) {
    const port = FIRST_PORT + ((preferred - FIRST_PORT + n * 7) % PORT_COUNT)
    if (!taken.has(port) && (await isPortFree(port))) return port
  }
  throw new OnclockError('PORT_IN_USE', `None of ${TRIES} ports tried from ${preferred} on is free on 127.0.0.1.`)
}

/** A place of its own for each project, so that links stay the same even when the remembered ports are gone. */
function startOf(projectDir: string): number {
  const hash = createHash('sha256').update(projectDir).digest().readUInt32BE(0)
  return FIRST_PORT + (hash % (PORT_COUNT / 5)) * 5
}

function readPorts(file: string): Partial<ServerPorts> {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    return Object.fromEntries(Object.entries(read).filter(([, port]) => isOurs(port)))
  } catch {
    return {}
  }
}

/** A port that was pinned then is not preferred when it no longer is. */
function isOurs(port: unknown): port is number {
  return typeof port === 'number' && port >= FIRST_PORT && port < FIRST_PORT + PORT_COUNT
}
