import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { messageOf, OnclockError } from '../../pipeline/errors.ts'

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
const EXPORT_CSV = 'Export the table as CSV and point input_file at that file.'

/** Kinds of files that people take for CSV, told by how they begin. The first that matches counts. */
const SIGNATURES: readonly Signature[] = [
  {
    kind: 'an Excel workbook or another zip archive',
    hint: SAVE_AS_CSV,
    matches: begins(0x50, 0x4b, 0x03, 0x04),
  },
  { kind: 'an old Excel workbook', hint: SAVE_AS_CSV, matches: begins(0xd0, 0xcf, 0x11, 0xe0) },
  { kind: 'a PDF', hint: EXPORT_CSV, matches: begins(0x25, 0x50, 0x44, 0x46, 0x2d) },
  { kind: 'a Parquet file', hint: EXPORT_CSV, matches: begins(0x50, 0x41, 0x52, 0x31) },
  { kind: 'an SQLite database', hint: EXPORT_CSV, matches: says(/^SQLite format 3\0/) },
  { kind: 'an image', hint: EXPORT_CSV, matches: says(/^(?:\x89PNG|\xff\xd8\xff|GIF8)/) },
  { kind: 'a zstd archive', hint: 'Unpack it first: zstd -d FILE.', matches: begins(0x28, 0xb5, 0x2f, 0xfd) },
  {
    kind: 'a Jupyter notebook',
    hint: 'Point input_file at the CSV that the notebook reads.',
    matches: (head) => says(/^\s*\{\s*"/)(head) && says(/"(?:cells|nbformat|cell_type)"\s*:/)(head),
  },
  { kind: 'JSON', hint: EXPORT_CSV, matches: says(/^\s*(?:\{\s*(?:"(?:[^"\\\n]|\\.)*"\s*:|\})|\[\s*(?:[{[\]]|$))/) },
  {
    kind: 'HTML',
    hint: 'A web page was saved instead of the file: download the CSV itself.',
    matches: says(/^\s*<(?:!doctype\s|html|head|body|table|script)\b/i),
  },
  { kind: 'XML', hint: EXPORT_CSV, matches: says(/^\s*<\?xml\b/i) },
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
