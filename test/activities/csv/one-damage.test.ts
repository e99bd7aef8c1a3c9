import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRandom, type FileStyle, type GeneratedTable, generateTables, writeDamaged, writeRecord } from './one-damage.ts'
import { type CsvBench, openBench, readCsv } from './read-csv.ts'

let bench: CsvBench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

const ROWS = 60

interface Damage {
  readonly kind: string
  /** The bytes of the damaged record; null: this record cannot be damaged in this way. */
  readonly of: (cells: readonly string[], style: FileStyle, table: GeneratedTable) => string | Buffer | null
  /** Rules by which it may be rejected. */
  readonly rules: readonly string[]
}

const plain = (cells: readonly string[], delimiter: string): number =>
  cells.findIndex((cell) => cell.length > 3 && !cell.includes(delimiter) && !/["\n]/.test(cell))
const lined = (cells: readonly string[]): number => cells.findIndex((cell) => cell.includes('\n'))
const isAscii = (table: GeneratedTable): boolean => /^[\0-\x7f]*$/.test(JSON.stringify(table.rows))
const replaced = (cells: readonly string[], index: number, raw: string, delimiter: string): string =>
  cells.map((cell, at) => (at === index ? raw : writeRecord([cell], delimiter))).join(delimiter)

const DAMAGES: readonly Damage[] = [
  {
    kind: 'a lost separator',
    of: ([first = '', second = '', ...rest], { delimiter }) => {
      const lost = `${first}${second}`
      return /["\n]/.test(lost) ? null : writeRecord([lost, ...rest], delimiter)
    },
    rules: ['too_few_fields'],
  },
  {
    kind: 'one separator too many',
    of: (cells, { delimiter }) => writeRecord([...cells.slice(0, 1), '', ...cells.slice(1)], delimiter),
    rules: ['too_many_fields'],
  },
  {
    kind: 'a separator at the end',
    of: (cells, { delimiter }) => `${writeRecord(cells, delimiter)}${delimiter}`,
    rules: ['too_many_fields'],
  },
  { kind: 'a lost end', of: (cells, { delimiter }) => writeRecord(cells.slice(0, -1), delimiter), rules: ['too_few_fields'] },
  {
    kind: 'a quote inside a plain cell',
    of: (cells, { delimiter }) => {
      const at = plain(cells, delimiter)
      const cell = cells[at] ?? ''
      return at < 0 ? null : replaced(cells, at, `${cell.slice(0, 2)}"${cell.slice(2)}`, delimiter)
    },
    rules: ['stray_quote'],
  },
  {
    kind: 'a quote in front of a plain cell',
    of: (cells, { delimiter }) => {
      const at = plain(cells, delimiter)
      return at < 0 ? null : replaced(cells, at, `"${cells[at]}`, delimiter)
    },
    rules: ['unclosed_quote', 'text_after_quote', 'stray_quote'],
  },
  {
    kind: 'text behind a closing quote',
    of: (cells, { delimiter }) => {
      const at = plain(cells, delimiter)
      return at < 0 ? null : replaced(cells, at, `"${cells[at]}" and more`, delimiter)
    },
    rules: ['text_after_quote'],
  },
  {
    kind: 'a quote that is not doubled',
    of: (cells, { delimiter }) => {
      const at = lined(cells)
      return at < 0 ? null : replaced(cells, at, `"${(cells[at] ?? '').replaceAll('"', '')} says "no" twice"`, delimiter)
    },
    rules: ['text_after_quote', 'stray_quote'],
  },
  {
    kind: 'a quote inside the first line of a quoted cell',
    of: (cells, { delimiter }) => {
      const at = lined(cells)
      const cell = (cells[at] ?? '').replaceAll('"', '')
      return at < 0 ? null : replaced(cells, at, `"${cell.slice(0, 3)}"${cell.slice(3)}"`, delimiter)
    },
    rules: ['text_after_quote', 'stray_quote'],
  },
  {
    kind: 'a lost opening quote of a cell of two lines',
    // At the end of a record its first line would be a whole one.
    of: (cells, { delimiter }) => {
      const at = lined(cells.slice(0, -1))
      const cell = (cells[at] ?? '').replaceAll(/["]/g, '').replaceAll(delimiter, ' ')
      return at < 0 ? null : replaced(cells, at, `${cell}"`, delimiter)
    },
    rules: ['stray_quote'],
  },
  {
    kind: 'a lost closing quote at the end',
    of: (cells, { delimiter }) => {
      const last = cells.at(-1) ?? ''
      return /[\n"]/.test(last) ? null : replaced(cells, cells.length - 1, `"${last}`, delimiter)
    },
    rules: ['unclosed_quote', 'text_after_quote', 'stray_quote'],
  },
  {
    kind: 'a byte that is no UTF-8',
    // Where all the rest is ASCII, another encoding is as good a reading.
    of: (cells, { delimiter }, table) =>
      isAscii(table) ? null : Buffer.concat([Buffer.from(writeRecord(cells, delimiter)), Buffer.from([0xe9])]),
    rules: ['invalid_byte', 'text_after_quote'],
  },
  {
    kind: 'a NUL',
    of: (cells, { delimiter }) => (/["\n]/.test(cells.at(-1) ?? '') ? null : `${writeRecord(cells, delimiter)}\0`),
    rules: ['nul_character'],
  },
  { kind: 'the header again', of: (_, { delimiter }, { header }) => writeRecord(header, delimiter), rules: ['repeated_header'] },
]

const STYLES: readonly FileStyle[] = [
  { delimiter: ',', lineEnd: '\n', mark: false },
  { delimiter: ';', lineEnd: '\r\n', mark: true },
  { delimiter: '\t', lineEnd: '\r\n', mark: false },
  { delimiter: '|', lineEnd: '\n', mark: true },
]

describe.each(STYLES)('a file with $delimiter, $lineEnd and mark $mark', (style) => {
  test.each(DAMAGES)('and $kind rejects that record, at its place, and no other', async ({ of, rules }) => {
    const random = createRandom(style.delimiter.charCodeAt(0))
    for (const table of generateTables(random, ROWS)) {
      for (const from of [1, 20, ROWS]) {
        const found = findDamage(table, style, { from, of })
        if (found === null) continue
        const file = writeDamaged(table, style, found)
        const read = await readCsv(bench, file.bytes)
        const where = `${table.name}, record ${found.record}`
        expect(
          read.bad.map(({ record, line, byte }) => ({ record, line, byte })),
          where,
        ).toEqual([{ record: file.record, line: file.line, byte: file.byte }])
        expect(rules, where).toContain(read.bad[0]?.rule)
        if (file.endLine > file.line) expect(read.bad[0]?.message, where).toContain(`(lines ${file.line} to ${file.endLine})`)
        const sound = table.rows.filter((_, index) => index + 1 !== file.record)
        expect(
          read.rows.map((row) => row.map((cell) => cell ?? '')),
          where,
        ).toEqual(sound)
        expect(read.places.map(([record]) => record)).toEqual(
          table.rows.map((_, index) => index + 1).filter((record) => record !== file.record),
        )
      }
    }
  })
})

/** The first record from some place on, or else the last before it, that can be damaged in this way. */
function findDamage(
  table: GeneratedTable,
  style: FileStyle,
  { from, of }: { readonly from: number; readonly of: Damage['of'] },
): { readonly record: number; readonly raw: Buffer } | null {
  const numbers = table.rows.map((_, index) => index + 1)
  for (const record of [...numbers.slice(from - 1), ...numbers.slice(0, from - 1).reverse()]) {
    const raw = of(table.rows[record - 1] ?? [], style, table)
    if (raw !== null) return { record, raw: Buffer.from(raw) }
  }
  return null
}
