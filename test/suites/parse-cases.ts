import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import { isMap, type JsonMap, listOf, SUITES_DIR, textOf } from './suite-cases.ts'

/** One case of `parse.jsonl`, as its README describes it. */
export interface ParseCase {
  readonly id: string
  readonly suite: string
  readonly stratum: string
  readonly input?: string
  readonly input_text?: string
  readonly options: JsonMap
  readonly expect: JsonMap & { readonly kind: string }
}

/** What a suite expects, in one form. */
export interface Expected {
  /** Names of the columns; null: the suite says nothing about them. */
  readonly header: readonly string[] | null
  readonly rows: readonly (readonly string[])[]
  /** Some record has to be refused, or the whole file. */
  readonly fault: boolean
}

export function readParseCases(): readonly ParseCase[] {
  return readFileSync(join(SUITES_DIR, 'parse.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ParseCase)
}

export async function inputOf({ input, input_text: text }: ParseCase): Promise<Buffer> {
  return input === undefined ? Buffer.from(text ?? '') : readFile(join(SUITES_DIR, input))
}

/** The options of a suite in the words of our config. What a suite does not detect is pinned. */
export function configOf({ suite, options }: ParseCase): JsonObject {
  if (suite === 'papaparse') return papaConfig(options)
  if (suite === 'commons-csv') {
    return {
      header: options['header'] === true,
      skip_lines: 0,
      skip_blank_lines: options['skip_empty_lines'] === true,
      ...(typeof options['comment'] === 'string' ? { comment: options['comment'] } : {}),
      ...(options['trim'] === true ? { padded_quotes: true } : {}),
    }
  }
  if (suite === 'csv-test-data') return testDataConfig(options)
  return options['header'] === undefined ? {} : { header: options['header'] === true }
}

/** A blank line is a record there, where a table has one column. */
function testDataConfig(options: JsonMap): JsonObject {
  const columns = listOf(options['expected_header']).map((name) => [textOf(name), {}])
  return { header: options['header'] === true, skip_blank_lines: false, columns: Object.fromEntries(columns) as JsonObject }
}

const PAPA_QUOTES = { quoteChar: 'quote', escapeChar: 'escape' } as const

function papaConfig(options: JsonMap): JsonObject {
  const config: Record<string, JsonValue> = {
    header: options['header'] === true,
    skip_lines: Number(options['skipFirstNLines'] ?? 0),
    skip_blank_lines: options['skipEmptyLines'] !== undefined && options['skipEmptyLines'] !== false,
  }
  const { comments, delimiter, preview } = options
  if (comments === true || typeof comments === 'string') config['comment'] = comments === true ? '#' : comments
  // PapaParse falls back to its own guess where a delimiter makes no sense.
  if (typeof delimiter === 'string' && delimiter !== '\n') config['delimiter'] = delimiter
  for (const [theirs, ours] of Object.entries(PAPA_QUOTES)) {
    const mark = options[theirs]
    if (typeof mark === 'string') config[ours] = mark
  }
  if (Number(preview ?? 0) > 0) config['limit'] = Number(preview)
  return config
}

/** What a suite expects of a case; null for the files that must only not break anything. */
export function expectedOf({ expect, options }: ParseCase): Expected | null {
  const rows = expect['rows'] ?? expect['data'] ?? []
  switch (expect.kind) {
    case 'reject':
      return { header: null, rows: [], fault: true }
    case 'table':
      return options['encoding'] === undefined ? table(rows) : withHeader(table(rows))
    case 'objects':
      return objects(Array.isArray(rows) ? rows : [rows])
    case 'papa': {
      const all = listOf(rows)
      const read = all.some(isMap) ? objects(all) : options['header'] === true ? withHeader(table(rows)) : table(rows)
      return { ...read, fault: listOf(expect['errors']).length > 0 }
    }
    default:
      return null
  }
}

function table(rows: JsonMap[string]): Expected {
  return { header: null, rows: listOf(rows).map((row) => listOf(row).map((cell) => textOf(cell))), fault: false }
}

function withHeader({ rows: [header = [], ...rows] }: Expected): Expected {
  return { header: header.length === 0 ? null : header, rows, fault: false }
}

function objects(rows: readonly JsonMap[string][]): Expected {
  const maps = rows.filter(isMap)
  const header = Object.keys(maps[0] ?? {})
  return { header, rows: maps.map((row) => header.map((name) => textOf(row[name] ?? ''))), fault: false }
}
