import { Client, Connection, isGrpcServiceError } from '@temporalio/client'
import { messageOf, OnclockError } from '../pipeline/errors.ts'
import { isLoopback, unreachable } from './probe-server.ts'
import type { ServerSettings } from './server-settings.ts'

/** A server that accepts the connection and then says nothing is given up after this. */
const CONNECT_MS = 5_000

/** gRPC status codes that mean something else than "not there". */
const UNAUTHENTICATED = 16
const PERMISSION_DENIED = 7
const NOT_FOUND = 5

/**
 * A client for the server, with the connection made and the namespace found. Throws SERVER_UNREACHABLE with the address and
 * what to do, within seconds. Close it with `client.connection.close()`.
 */
export async function connectClient(server: ServerSettings): Promise<Client> {
  const { address, namespace, tls, apiKey, metadata } = server
  const connection = Connection.lazy({
    address,
    connectTimeout: CONNECT_MS,
    // gRPC would ask the proxy of the environment for this very machine.
    ...(isLoopback(address) ? { channelArgs: { 'grpc.enable_http_proxy': 0 } } : {}),
    ...(tls === undefined ? {} : { tls: tls as NonNullable<Parameters<typeof Connection.lazy>[0]>['tls'] & object }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
  })
  try {
    await connection.ensureConnected()
    await connection.withDeadline(Date.now() + CONNECT_MS, () => connection.workflowService.describeNamespace({ namespace }))
  } catch (error) {
    await connection.close()
    throw connectionError(error, server)
  }
  return new Client({ connection, namespace })
}

/** Turns the error of a connection or a call into one that says which server and what to do. */
function connectionError(error: unknown, { address, namespace }: ServerSettings): OnclockError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const status = isGrpcServiceError(cause) ? (cause.code as number) : null
  if (status === UNAUTHENTICATED || status === PERMISSION_DENIED) {
    return new OnclockError('SERVER_UNREACHABLE', `The Temporal server at ${address} refuses this client: ${messageOf(cause)}.`, {
      hint: 'Check the API key, the certificate and the namespace (TEMPORAL_API_KEY, TEMPORAL_TLS_*, TEMPORAL_NAMESPACE, or the profile).',
      cause: error,
    })
  }
  if (status === NOT_FOUND) {
    return new OnclockError('SERVER_UNREACHABLE', `The Temporal server at ${address} has no namespace "${namespace}".`, {
      hint: `Create it (temporal operator namespace create --namespace ${namespace}) or name another with --namespace or TEMPORAL_NAMESPACE.`,
      cause: error,
    })
  }
  return unreachable(address, messageOf(cause).replace(/\.$/, ''), null, error)
}
