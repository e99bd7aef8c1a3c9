import type { Cell, OutputRow, StageOutput } from '../api.ts'
import { TextFile } from './text-file.ts'
import { OnclockError } from '../../pipeline/errors.ts'

/** Writes rows as an RFC 4180 file (LF line ends, UTF-8). The first row decides on the columns. */
export class CsvOutput implements StageOutput {
  readonly #file: TextFile
  #columns: readonly string[] | null = null
  #rows = 0

  constructor(path: string) {
    this.#file = new TextFile(path)
  }

  get path(): string {
    return this.#file.path
  }

  async write(row: OutputRow): Promise<void> {
    this.#columns ??= this.#start(Object.keys(row))
    this.#rows += 1
    const columns = this.#columns
    let found = 0
    const cells = columns.map((column) => {
      if (Object.hasOwn(row, column)) found += 1
      return cellText(row[column], column, this.#rows)
    })
    const keys = Object.keys(row)
    if (found !== keys.length) {
      const unknown = keys.filter((key) => !columns.includes(key)).map((key) => `"${key}"`)
      throw new OnclockError(
        'STAGE_FAILED',
        `row ${this.#rows} of the output has a column that the first row had not: ${unknown.join(', ')}`,
      )
    }
    await this.#file.write(csvLine(cells))
  }

  /** Ends the file; one without a row gets the header alone when columns are known from elsewhere. */
  async close(columnsWithoutRows: readonly string[] | null): Promise<boolean> {
    if (this.#columns === null && columnsWithoutRows !== null && columnsWithoutRows.length > 0)
      this.#columns = this.#start(columnsWithoutRows)
    await this.#file.close()
    return this.#columns !== null
  }

  #start(columns: readonly string[]): readonly string[] {
    if (columns.length === 0) throw new OnclockError('STAGE_FAILED', 'the first row of the output has no columns')
    // Not awaited: it stands in the buffer before anything that follows.
    void this.#file.write(csvLine(columns))
    return columns
  }
}

/** One record. A lone empty cell is quoted: an empty line would be no record to many readers. */
export function csvLine(cells: readonly string[]): string {
  if (cells.length === 1 && cells[0] === '') return '""\n'
  return `${cells.map(quoted).join(',')}\n`
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function cellText(cell: Cell, column: string, row: number): string {
  if (typeof cell === 'string') return cell
  if (cell === null || cell === undefined) return ''
  if (typeof cell === 'boolean' || typeof cell === 'bigint') return String(cell)
  if (typeof cell === 'number' && Number.isFinite(cell)) return String(cell)
  if (cell instanceof Date && !Number.isNaN(cell.getTime())) return cell.toISOString()
  const found =
    typeof cell === 'number' ? String(cell) : cell instanceof Date ? 'an invalid date' : `a value of type ${typeof cell}`
  throw new OnclockError(
    'STAGE_FAILED',
    `row ${row} of the output holds ${found} in column "${column}"; a cell is text, a number, true, false, a date or null`,
  )
}
