import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { messageOf, OnclockError } from '../../pipeline/errors.ts'
import { PackingFault } from './unpack.ts'
import { ZipFault } from './zip-members.ts'

/** Throws unless the path is a file that has bytes and may be read; the size in bytes otherwise. */
export async function requireFile(path: string, shown: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileError(error, shown)
  })
  if (found.isDirectory()) {
    throw new OnclockError('FILE_NOT_FOUND', `${shown} is a folder`, { hint: 'Name a CSV file inside it.' })
  }
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw fileError(error, shown)
  })
  if (found.isFile() && found.size === 0) {
    throw new OnclockError('INPUT_UNREADABLE', `${shown} is empty: 0 bytes, not even a header`, {
      hint: 'Export the file again, or point input_file at another one.',
    })
  }
  return found.size
}

/** The clear form of what the file system or the data engine says about a file; anything else comes back as it is. */
export function fileError(error: unknown, shown: string): Error {
  return packingError(error, shown) ?? systemError(error, shown)
}

function systemError(error: unknown, shown: string): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new OnclockError('FILE_NOT_FOUND', `${shown} does not exist`, {
      hint: 'Check the path; relative paths begin at the project folder.',
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new OnclockError('NO_PERMISSION', `${shown} may not be read or written`, {
      hint: 'Change its permissions (chmod), or run as a user that may.',
      cause: error,
    })
  }
  const message = messageOf(error)
  if (
    code === 'ENOSPC' ||
    code === 'EDQUOT' ||
    /no space left on device|failed to offload|max_temp_directory_size/i.test(message)
  ) {
    return new OnclockError('DISK_FULL', `no space left on the disk while working on ${shown}`, {
      hint: 'Free some space (old runs below data/output, for example) and resume.',
      cause: error,
    })
  }
  // The data engine quotes values of the file: its own words stay in the cause.
  const engine = /^(?<kind>(?!Out of Memory|INTERRUPT)[A-Z][A-Za-z ]* Error):/.exec(message)?.groups?.['kind']
  if (engine !== undefined) return new Error(`${engine} of the data engine while working on ${shown}`, { cause: error })
  return error instanceof Error ? error : new Error(message)
}

function packingError(error: unknown, shown: string): OnclockError | null {
  if (!(error instanceof PackingFault) && !(error instanceof ZipFault)) return null
  const said = error instanceof ZipFault ? `is a zip archive that is damaged: ${error.message}` : error.message
  const hint = 'Download or export it again; what could be read of it was not taken.'
  return new OnclockError('INPUT_UNREADABLE', `${shown} ${said}`, { hint, cause: error })
}

interface Signature {
  readonly kind: string
  readonly hint: string
  readonly matches: (head: Buffer) => boolean
}

const begins =
  (...bytes: readonly number[]) =>
  (head: Buffer) =>
    bytes.every((byte, at) => head[at] === byte)
const says = (pattern: RegExp) => (head: Buffer) =>
  pattern.test(
    head
      .subarray(0, 4096)
      .toString('latin1')
      .replace(/^\xef\xbb\xbf/, ''),
  )

const SAVE_AS_CSV = 'Open it in the spreadsheet and save the sheet as "CSV UTF-8".'
const UNPACK = 'Unpack it first and point input_file at the CSV file inside.'
const EXPORT_CSV = 'Export the table as CSV and point input_file at that file.'

/** A declaration, or an element that begins with another one: a header such as `<date>,<open>` is none. */
const XML = /^\s*(?:<\?xml\b|(?:<!--[^]*?-->\s*)?<[A-Za-z_][\w:.-]*(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*>\s*<)/i

/** Kinds of files that people take for CSV, told by how they begin. The first that matches counts. */
const SIGNATURES: readonly Signature[] = [
  { kind: 'a zip archive inside an archive', hint: 'Unpack it first.', matches: begins(0x50, 0x4b, 0x03, 0x04) },
  { kind: 'an old Excel workbook', hint: SAVE_AS_CSV, matches: begins(0xd0, 0xcf, 0x11, 0xe0) },
  { kind: 'a PDF', hint: EXPORT_CSV, matches: begins(0x25, 0x50, 0x44, 0x46, 0x2d) },
  { kind: 'a Parquet file', hint: EXPORT_CSV, matches: begins(0x50, 0x41, 0x52, 0x31) },
  { kind: 'an SQLite database', hint: EXPORT_CSV, matches: says(/^SQLite format 3\0/) },
  {
    kind: 'an image',
    hint: EXPORT_CSV,
    matches: says(/^(?:\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF[^]{4}WEBP|II\*\0|MM\0\*|BM[^]{4}\0{4})/),
  },
  { kind: 'a zstd file inside an archive', hint: 'Unpack it first: zstd -d FILE.', matches: begins(0x28, 0xb5, 0x2f, 0xfd) },
  { kind: 'a gzip file inside an archive', hint: 'Unpack it first: gunzip FILE.', matches: begins(0x1f, 0x8b, 0x08) },
  { kind: 'a bzip2 file', hint: 'Unpack it first: bunzip2 FILE.', matches: says(/^BZh[1-9]1AY&SY/) },
  { kind: 'an xz file', hint: 'Unpack it first: unxz FILE.', matches: begins(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00) },
  { kind: 'an lz4 file', hint: 'Unpack it first: lz4 -d FILE.', matches: begins(0x04, 0x22, 0x4d, 0x18) },
  { kind: 'a 7z archive', hint: UNPACK, matches: begins(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c) },
  { kind: 'a RAR archive', hint: UNPACK, matches: begins(0x52, 0x61, 0x72, 0x21, 0x1a, 0x07) },
  { kind: 'a tar archive', hint: UNPACK, matches: (head) => head.subarray(257, 262).toString('latin1') === 'ustar' },
  { kind: 'an Arrow or Feather file', hint: EXPORT_CSV, matches: says(/^(?:ARROW1|FEA1)/) },
  { kind: 'an Avro file', hint: EXPORT_CSV, matches: begins(0x4f, 0x62, 0x6a, 0x01) },
  {
    kind: 'an ORC file',
    hint: EXPORT_CSV,
    matches: (head) => says(/^ORC/)(head) && (head[3] ?? 0x20) < 0x20 && head[3] !== 0x0a && head[3] !== 0x0d,
  },
  { kind: 'an HDF5 file', hint: EXPORT_CSV, matches: says(/^\x89HDF\r\n/) },
  { kind: 'a rich text document', hint: EXPORT_CSV, matches: says(/^\{\\rtf\d/) },
  { kind: 'a pointer of Git LFS', hint: 'Fetch the file itself: git lfs pull.', matches: says(/^version https:\/\/git-lfs\./) },
  {
    kind: 'a Jupyter notebook',
    hint: 'Point input_file at the CSV that the notebook reads.',
    matches: (head) => says(/^\s*\{\s*"/)(head) && says(/"(?:cells|nbformat|cell_type)"\s*:/)(head),
  },
  {
    kind: 'JSON lines (NDJSON)',
    hint: EXPORT_CSV,
    matches: says(/^\s*\{\s*"(?:[^"\\\n]|\\.)*"\s*:[^\n]*\}[ \t\r]*\n\s*\{\s*"/),
  },
  { kind: 'JSON', hint: EXPORT_CSV, matches: says(/^\s*(?:\{\s*(?:"(?:[^"\\\n]|\\.)*"\s*:|\})|\[\s*(?:[{[\]]|$))/) },
  {
    kind: 'HTML',
    hint: 'A web page was saved instead of the file: download the CSV itself.',
    matches: says(/^\s*<(?:!doctype\s|html|head|body|table|script)\b/i),
  },
  { kind: 'XML', hint: EXPORT_CSV, matches: says(XML) },
]

/** Throws when the beginning of a file shows that it is something else than delimited text. */
export function refuseOtherKinds(head: Buffer, shown: string): void {
  const signature = SIGNATURES.find(({ matches }) => matches(head))
  if (signature !== undefined) {
    throw new OnclockError('INPUT_UNREADABLE', `${shown} is ${signature.kind}, not a CSV file`, { hint: signature.hint })
  }
}

/** Throws when what should be text is full of control characters. A few of them are dirt. */
export function refuseBinary(sample: Buffer, shown: string): void {
  let odd = 0
  for (const byte of sample) odd += CONTROL[byte] as number
  if (odd >= 4 && odd * 20 > sample.length) {
    throw new OnclockError(
      'INPUT_UNREADABLE',
      `${shown} is binary: ${odd} of its first ${sample.length} bytes are control characters`,
      {
        hint: EXPORT_CSV,
      },
    )
  }
}

/** 1 for control characters but tab, line ends, form feed, end of file and the ASCII separators. */
const CONTROL = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1a, 0x1c, 0x1d, 0x1e, 0x1f].includes(byte) ? 1 : 0,
)
