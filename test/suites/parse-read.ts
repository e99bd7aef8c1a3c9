import { createHash } from 'node:crypto'
import { OnclockError } from '../../pipeline/errors.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import { pinsOf } from '../../activities/stages/take-input-csv/describe-dialect.ts'
import { takeInputCsv } from '../../activities/stages/take-input-csv/stage.ts'
import { type CsvBench, type ReadCsv, readCsv } from '../activities/csv/read-csv.ts'
import type { Expected } from './parse-cases.ts'

/** What our reader made of some bytes: a table, or a named error. */
export type Reading = { readonly read: ReadCsv; readonly error: null } | { readonly read: null; readonly error: string }

/** Reads bytes under a config of the intake. */
export async function readUnder(bench: CsvBench, bytes: Buffer, config: JsonObject): Promise<Reading> {
  const parsed = takeInputCsv.schema.parse(config)
  const options = {
    pins: pinsOf(parsed),
    expectedColumns: Object.keys(parsed.columns),
    fillShort: parsed.short_rows === 'fill',
    ...(parsed.limit === undefined ? {} : { limit: parsed.limit }),
  }
  try {
    return { read: await readCsv(bench, bytes, options), error: null }
  } catch (error) {
    if (error instanceof OnclockError) return { read: null, error: error.code }
    throw error
  }
}

/** What came of it in a line: how many rows, and what was rejected where. */
export function outcomeOf({ read, error }: Reading): string {
  if (read === null) return `error ${error}`
  const bad = read.bad.map(({ rule, record }) => `${rule} ${record}`)
  return [`${read.rows.length} rows`, ...bad.slice(0, 12), ...(bad.length > 12 ? [`${bad.length - 12} more`] : [])].join(', ')
}

/** Whether a reading is what a suite expects: every cell, or a fault where one has to be. */
export function isAsExpected({ read, error }: Reading, expected: Expected): boolean {
  if (error !== null) return expected.fault && expected.rows.length === 0
  if (read === null) return false
  if (expected.fault) return read.bad.length > 0 && (expected.rows.length === 0 || othersArrive(read, expected))
  const named = expected.header === null || JSON.stringify(expected.header) === JSON.stringify(read.columns)
  return read.bad.length === 0 && named && JSON.stringify(cellsOf(read)) === JSON.stringify(expected.rows)
}

/** Every row but those that were rejected is there, in its place. */
function othersArrive(read: ReadCsv, { rows }: Expected): boolean {
  const bad = new Set(read.bad.map(({ record }) => record))
  const sound = rows.filter((_, index) => !bad.has(index + 1))
  return read.records === rows.length && JSON.stringify(cellsOf(read)) === JSON.stringify(sound)
}

const cellsOf = (read: ReadCsv): readonly (readonly string[])[] => read.rows.map((row) => row.map((cell) => cell ?? ''))

/** All that a reading gave, as one hash. */
export function fingerprintOf({ read, error }: Reading): string {
  const all = read === null ? error : [read.columns, read.rows, read.places, read.bad, read.dialect, read.lines]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}
