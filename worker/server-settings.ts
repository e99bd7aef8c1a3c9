import { loadClientConnectConfig } from '@temporalio/envconfig'
import type { NativeConnectionOptions } from '@temporalio/worker'
import { messageOf, OnclockError } from '../pipeline/errors.ts'

/** How to reach a Temporal server. */
export interface ServerSettings {
  readonly address: string
  readonly namespace: string
  readonly tls?: NonNullable<NativeConnectionOptions['tls']>
  readonly apiKey?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** What flags say about the server. */
export interface ServerFlags {
  readonly address?: string
  readonly namespace?: string
  readonly profile?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The server that a flag, a `TEMPORAL_*` variable or a named profile sets, with where it was set; null when none sets an
 * address, which means the embedded default. The machine's default profile is not used unasked.
 */
export function configuredServer(flags: ServerFlags, env: Environment): { settings: ServerSettings; source: string } | null {
  const profile = flags.profile ?? nonEmpty(env['TEMPORAL_PROFILE'])
  const named = flags.address ?? profile ?? nonEmpty(env['TEMPORAL_ADDRESS'])
  if (named === undefined) {
    if (flags.namespace !== undefined) throw namespaceAlone(flags.namespace)
    return null
  }
  const { connectionOptions, namespace } = load(profile, env)
  const address = flags.address ?? connectionOptions.address
  if (address === undefined) throw noAddress(profile ?? '')
  return {
    settings: {
      address: withPort(address),
      namespace: flags.namespace ?? namespace ?? 'default',
      ...credentials(connectionOptions),
    },
    source: sourceOf(flags, env, profile),
  }
}

function credentials({ tls, apiKey, metadata }: NativeConnectionOptions): Pick<ServerSettings, 'tls' | 'apiKey' | 'metadata'> {
  return {
    ...(tls === undefined || tls === null ? {} : { tls }),
    ...(typeof apiKey === 'string' ? { apiKey } : {}),
    ...(metadata === undefined ? {} : { metadata: metadata as Record<string, string> }),
  }
}

function load(profile: string | undefined, env: Environment): ReturnType<typeof loadClientConnectConfig> {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  try {
    return loadClientConnectConfig({ overrideEnvVars, ...(profile === undefined ? { disableFile: true } : { profile }) })
  } catch (error) {
    const where = profile === undefined ? 'the TEMPORAL_* variables' : `the Temporal profile "${profile}"`
    throw new OnclockError('USAGE', `${where} cannot be used: ${messageOf(error)}`, {
      hint:
        profile === undefined
          ? 'Mend the variables.'
          : '`temporal config list` shows the profiles there are; TEMPORAL_CONFIG_FILE names the file.',
      cause: error,
    })
  }
}

function sourceOf(flags: ServerFlags, env: Environment, profile: string | undefined): string {
  if (flags.address !== undefined) return '--address'
  if (nonEmpty(env['TEMPORAL_ADDRESS']) !== undefined) return 'TEMPORAL_ADDRESS'
  return `profile ${profile ?? ''}`
}

function noAddress(profile: string): OnclockError {
  return new OnclockError('USAGE', `The Temporal profile "${profile}" sets no address.`, {
    hint: `Set one: temporal config set --profile ${profile} --prop address --value HOST:7233`,
  })
}

function namespaceAlone(namespace: string): OnclockError {
  return new OnclockError('USAGE', `The namespace "${namespace}" was given without the address of a server.`, {
    hint: 'Set TEMPORAL_ADDRESS=HOST:7233 or add --profile NAME; the server of the project itself has one namespace only.',
  })
}

function withPort(address: string): string {
  const bare = address.replace(/^https?:\/\//, '').replace(/\/$/, '')
  return /:\d+$/.test(bare) ? bare : `${bare}:7233`
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value
}
