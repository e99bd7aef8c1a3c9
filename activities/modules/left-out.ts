import { join } from 'node:path'
import type { LeftOutReason, Row } from '../api.ts'
import type { CsvInput, Place } from './csv-input.ts'
import { csvLine } from './csv-output.ts'
import { TextFile } from './text-file.ts'
import { OnclockError } from '../../pipeline/errors.ts'

export type LeftOutKind = 'rejected' | 'filtered'

export interface LeftOutPlace {
  readonly outDir: string
  readonly stageNumber: number
  readonly runId: string
  readonly input: CsvInput
  /** The name of the input in the files. */
  readonly inputName: string
}

/** Writes the rows that a stage leaves out, twice: a CSV for people, JSON lines for programs. */
export class LeftOutFiles {
  readonly kind: LeftOutKind
  /** How many, by rule. */
  readonly rules = new Map<string, number>()
  readonly #csv: TextFile
  readonly #jsonl: TextFile
  readonly #input: CsvInput
  readonly #inputName: string
  #columns: readonly string[] | null = null

  constructor(kind: LeftOutKind, place: LeftOutPlace) {
    const name = `stage${place.stageNumber}_${kind}_${place.runId}`
    this.kind = kind
    this.#input = place.input
    this.#inputName = place.inputName
    this.#csv = new TextFile(join(place.outDir, `${name}.csv`))
    this.#jsonl = new TextFile(join(place.outDir, `${name}.jsonl`))
  }

  get paths(): readonly string[] {
    return [this.#csv.path, this.#jsonl.path]
  }

  async write(row: Row, reason: LeftOutReason): Promise<void> {
    if (typeof reason?.rule !== 'string' || reason.rule === '')
      throw new OnclockError('STAGE_FAILED', 'a row was left out without the name of a rule')
    this.rules.set(reason.rule, (this.rules.get(reason.rule) ?? 0) + 1)
    const place = this.#input.placeOf(row)
    const header = this.#columns === null
    this.#columns ??= this.#input.knownColumns ?? Object.keys(row)
    const where = [this.#inputName, String(place?.record ?? ''), String(place?.line ?? '')]
    const line = csvLine([...this.#columns.map((column) => row[column] ?? ''), ...where, reason.rule, reason.message ?? ''])
    // Both begin before either is awaited, so that rows whose writing nobody awaits keep their order.
    await Promise.all([
      this.#csv.write(header ? csvLine([...this.#columns, '_file', '_record', '_line', '_rule', '_message']) + line : line),
      this.#jsonl.write(`${JSON.stringify(this.#entry(row, place, reason))}\n`),
    ])
  }

  async close(): Promise<void> {
    await this.#csv.close()
    await this.#jsonl.close()
  }

  #entry(row: Row, place: Place | null, { rule, column, message }: LeftOutReason): object {
    const value = column === undefined ? null : (row[column] ?? null)
    return {
      file: this.#inputName,
      record: place?.record ?? null,
      line: place?.line ?? null,
      byte: place?.byte ?? null,
      cells: row,
      action: this.kind === 'rejected' ? 'reject' : 'filter',
      violations: [{ rule, column: column ?? null, value, message: message ?? null }],
    }
  }
}
