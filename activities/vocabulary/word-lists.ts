import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { OnclockError } from '../../pipeline/errors.ts'
import { didYouMean } from '../../pipeline/suggest.ts'
import { decodeSingleByte } from '../csv/read-bytes.ts'
import type { Entries } from './column-checks-schema.ts'
import type { ListReference } from './list-reference-schema.ts'

/** The lists that checks name: the entries of a list by its name or its file. */
export interface WordLists {
  /** Entries in the order of the file, each once. Throws CONFIG_INVALID or FILE_NOT_FOUND. */
  entries(reference: ListReference): readonly string[]
}

/** Lists under names (`lists:` of a stage) and lists in files below the project, each file read once. */
export function createWordLists(named: Readonly<Record<string, Entries>>, projectDir: string): WordLists {
  const read = new Map<string, readonly string[]>()
  const fromFile = (reference: string): readonly string[] => {
    const known = read.get(reference)
    if (known !== undefined) return known
    const entries = readListFile(reference, projectDir)
    read.set(reference, entries)
    return entries
  }
  return {
    entries(reference) {
      if ('file' in reference) return fromFile(reference.file)
      const list = named[reference.list]
      if (list === undefined) throw unknownList(reference.list, Object.keys(named))
      if (typeof list === 'object' && 'file' in list) return fromFile(list.file)
      if (typeof list === 'object' && 'list' in list) {
        throw new OnclockError(
          'CONFIG_INVALID',
          `the list "${reference.list}" is itself the name of a list: write its entries or a file`,
        )
      }
      return written(list)
    },
  }
}

/** The entries as the YAML has them, as text. */
export function written(entries: Exclude<Entries, ListReference>): readonly string[] {
  return unique((Array.isArray(entries) ? entries : [entries]).map(String))
}

/** The path of a list file: `lists/bots.csv#handle` is `lists/bots.csv`. */
export function listFilePath(reference: string): { readonly path: string; readonly column: string | null } {
  const at = reference.lastIndexOf('#')
  return at === -1 ? { path: reference, column: null } : { path: reference.slice(0, at), column: reference.slice(at + 1) }
}

function readListFile(reference: string, projectDir: string): readonly string[] {
  const { path, column } = listFilePath(reference)
  const text = decode(readBytes(path, projectDir))
  const entries = column === null ? lines(text) : csvColumn(text, path, column)
  if (entries.length === 0) throw new OnclockError('CONFIG_INVALID', `the list file ${reference} has no entries`)
  return unique(entries)
}

function readBytes(path: string, projectDir: string): Buffer {
  try {
    return readFileSync(isAbsolute(path) ? path : join(projectDir, path))
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EACCES') throw new OnclockError('NO_PERMISSION', `the list file ${path} may not be read`, { cause })
    const what = code === 'EISDIR' ? 'is a folder' : 'does not exist'
    throw new OnclockError('FILE_NOT_FOUND', `the list file ${path} ${what}`, {
      hint: 'Paths are relative to the project.',
      cause,
    })
  }
}

/** UTF-8 when the bytes are, else Windows-1252, which any bytes are. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return decodeSingleByte(bytes, 'windows-1252')
  }
}

const lines = (text: string): string[] => trimmed(text.split(/\r\n|\n|\r/))

function csvColumn(text: string, path: string, column: string): string[] {
  const [header = [], ...records] = parse(text, {
    delimiter: firstDelimiter(text),
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  })
  const index = header.findIndex((name) => name.trim() === column)
  if (index === -1) {
    const hint = didYouMean(column, header) ?? `Its columns: ${header.join(', ')}`
    throw new OnclockError('CONFIG_INVALID', `the list file ${path} has no column "${column}"`, { hint })
  }
  return trimmed(records.map((record) => record[index] ?? ''))
}

/** The separator that is most frequent in the header line. */
function firstDelimiter(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/))
  const count = (mark: string): number => header.split(mark).length
  return [',', ';', '\t', '|'].reduce((best, mark) => (count(mark) > count(best) ? mark : best))
}

const trimmed = (entries: readonly string[]): string[] => entries.map((entry) => entry.trim()).filter((entry) => entry !== '')
const unique = (entries: readonly string[]): readonly string[] => [...new Set(entries)]

function unknownList(name: string, names: readonly string[]): OnclockError {
  const hint = didYouMean(name, names) ?? (names.length === 0 ? 'Add it to `lists:`.' : `Lists: ${names.join(', ')}`)
  return new OnclockError('CONFIG_INVALID', `there is no list "${name}"`, { hint })
}
