import { connect } from 'node:net'
import { OnclockError } from '../pipeline/errors.ts'

const CONNECT_MS = 4_000
/** What the gRPC client looks at. */
const PROXIES = ['grpc_proxy', 'https_proxy', 'http_proxy']

/**
 * Finds out within seconds whether anything listens at the address of a configured server; the gRPC client only says that a
 * deadline has passed. Behind a proxy the address cannot be looked at this way, and the client's own error has to do.
 */
export async function probeServer(address: string, source: string): Promise<void> {
  if (!isLoopback(address) && PROXIES.some((name) => (process.env[name] ?? '') !== '')) return
  const reason = await reasonNotToConnect(address)
  if (reason !== null) throw unreachable(address, reason, source)
}

/** Whether the address is of this machine itself. */
export function isLoopback(address: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|$)/.test(address)
}

/** The error for a configured server that does not answer. */
export function unreachable(address: string, reason: string, source: string | null, cause?: unknown): OnclockError {
  const where = source === null ? '' : ` (set by ${source})`
  return new OnclockError('SERVER_UNREACHABLE', `The Temporal server at ${address}${where} does not answer: ${reason}.`, {
    hint: 'Start that server or correct the address. Without one (no --profile, TEMPORAL_ADDRESS unset) onclock starts its own.',
    cause,
  })
}

function reasonNotToConnect(address: string): Promise<string | null> {
  const at = address.lastIndexOf(':')
  const host = address.slice(0, at).replaceAll(/^\[|\]$/g, '')
  const port = Number(address.slice(at + 1))
  if (!(port > 0 && port < 65_536)) return Promise.resolve('the address has no valid port')
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (reason: string | null): void => {
      socket.destroy()
      resolve(reason)
    }
    socket.setTimeout(CONNECT_MS, () => end(`no connection within ${CONNECT_MS / 1000} s`))
    socket.once('connect', () => end(null))
    socket.once('error', (error: NodeJS.ErrnoException) => end(describe(error, host)))
  })
}

function describe(error: NodeJS.ErrnoException, host: string): string {
  // Where a name has several addresses, the error of each is inside.
  const { code, message } = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error
  if (code === 'ECONNREFUSED') return 'nothing listens there (connection refused)'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name ${host} is unknown`
  return code ?? message
}
