import { extname } from 'node:path'
import { crc32 } from 'node:zlib'
import picomatch from 'picomatch'
import { type Entry, openPromise } from 'yauzl'
import { messageOf, OnclockError } from '../../pipeline/errors.ts'

/** A file inside a zip archive. */
export interface ZipMember {
  readonly name: string
  /** Where it is told apart from another of the same name. */
  readonly at: number
}

/** Whether a file is a zip archive, by its first bytes. */
export function isZip(head: Buffer): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6))
}

/** The files inside a zip archive, in its order. Throws INPUT_UNREADABLE. */
export async function listMembers(path: string, shown: string): Promise<readonly ZipMember[]> {
  try {
    const members: ZipMember[] = []
    await withEntries(path, (entry) => {
      if (!entry.fileName.endsWith('/')) members.push({ name: entry.fileName, at: entry.relativeOffsetOfLocalHeader })
      return false
    })
    return members
  } catch (error) {
    throw damaged(error, shown)
  }
}

const TABLE = /\.(?:csv|tsv|tab|psv)$/i
/** Tables too where no other is: beside a CSV file such a file is a note on it. */
const PLAIN = /\.(?:txt|dat)$/i
const CLUTTER = /(?:^|\/)(?:__MACOSX\/|\.|Thumbs\.db$|desktop\.ini$)/i
const MOST_NAMES = 12

/** Kinds of documents that are zip archives, by a member that they have. */
const DOCUMENTS: readonly (readonly [RegExp, string, string])[] = [
  [/^xl\/workbook\.(?:xml|bin)$/, 'an Excel workbook', 'Open it in the spreadsheet and save the sheet as "CSV UTF-8".'],
  [/^word\/document\.xml$/, 'a Word document', 'Export the table as CSV and point input_file at that file.'],
  [/^ppt\/presentation\.xml$/, 'a PowerPoint presentation', 'Export the table as CSV and point input_file at that file.'],
  [/^content\.xml$/, 'an OpenDocument file', 'Open it in the spreadsheet and save the sheet as CSV (UTF-8).'],
  [/^META-INF\/MANIFEST\.MF$/, 'a Java archive', 'Point input_file at a CSV file.'],
]

/**
 * The members of an archive that are read: those that `wanted` (a name or a glob) names, else the one CSV file in it.
 * @throws OnclockError INPUT_UNREADABLE, with the names that there are, where that is none or not one.
 */
export function chooseMembers(members: readonly ZipMember[], wanted: string | undefined, shown: string): readonly ZipMember[] {
  const files = members.filter(({ name }) => !CLUTTER.test(name))
  const names = listed(files.map(({ name }) => name))
  if (wanted !== undefined) {
    const matches = picomatch(wanted, { dot: true, basename: true })
    const chosen = members.filter(({ name }) => name === wanted || matches(name))
    if (chosen.length > 0) return chosen
    throw unreadable(`${shown} has no member "${wanted}"`, `It has ${names}.`)
  }
  const document = DOCUMENTS.find(([pattern]) => members.some(({ name }) => pattern.test(name)))
  if (document !== undefined) throw unreadable(`${shown} is ${document[1]}, not a CSV file`, document[2])
  const named = files.filter(({ name }) => TABLE.test(name))
  const tables = named.length > 0 ? named : files.filter(({ name }) => PLAIN.test(name))
  const candidates = tables.length > 0 ? tables : files
  const [only, second] = candidates
  if (only === undefined) throw unreadable(`${shown} is a zip archive with no file in it`, 'Export the file again.')
  if (second === undefined) return [only]
  if (tables.length === 0)
    throw unreadable(`${shown} is a zip archive without a CSV file`, `It has ${names}. Name one: member: NAME`)
  const hint = `It has ${listed(tables.map(({ name }) => name))}. Say which: member: '${only.name}', or all: member: '*${extname(only.name)}'`
  throw unreadable(`${shown} is a zip archive with ${tables.length} CSV files`, hint)
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The bytes of a member, no faster than they are taken; its size and checksum are compared. */
export async function* memberBytes(path: string, member: ZipMember): AsyncGenerator<Buffer> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false })
  try {
    const entry = await entryOf(zip.eachEntry(), member)
    refuseCoded(entry)
    let checksum = 0
    for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
      checksum = crc32(chunk, checksum)
      yield chunk
    }
    if (checksum !== entry.crc32) throw new ZipFault('its checksum differs')
  } catch (error) {
    throw error instanceof ZipFault || !isZipError(error) ? error : new ZipFault(messageOf(error), { cause: error })
  } finally {
    zip.close()
  }
}

/** A member that cannot be had. The message goes on from `is a zip archive that is damaged: `. */
export class ZipFault extends Error {
  override readonly name = 'ZipFault'
}

async function entryOf(entries: AsyncIterable<Entry>, { name, at }: ZipMember): Promise<Entry> {
  for await (const entry of entries) if (entry.fileName === name && entry.relativeOffsetOfLocalHeader === at) return entry
  throw new ZipFault('a member is gone')
}

function refuseCoded(entry: Entry): void {
  if (entry.isEncrypted()) throw new ZipFault('the member is encrypted')
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    throw new ZipFault(`the member is packed by method ${entry.compressionMethod}, of which only 0 and 8 are known here`)
  }
}

async function withEntries(path: string, see: (entry: Entry) => boolean): Promise<void> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false })
  try {
    for await (const entry of zip.eachEntry()) if (see(entry)) return
  } finally {
    zip.close()
  }
}

/** Errors of the file system have a code of their own and are told elsewhere. */
function isZipError(error: unknown): boolean {
  return error instanceof Error && (!('code' in error) || String(error.code).startsWith('Z_'))
}

function damaged(error: unknown, shown: string): unknown {
  if (!isZipError(error)) return error
  const hint = 'Download or export it again.'
  return new OnclockError('INPUT_UNREADABLE', `${shown} is a zip archive that is damaged or cut off`, { hint, cause: error })
}

function unreadable(message: string, hint: string): OnclockError {
  return new OnclockError('INPUT_UNREADABLE', message, { hint })
}
