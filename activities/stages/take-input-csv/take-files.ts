import type { JsonObject } from '../../../pipeline/json.ts'
import type { InputFile } from '../../../pipeline/record.ts'
import { dialectYaml } from '../../csv/dialect.ts'
import type { SourceFile } from '../../csv/input-files.ts'
import { type LoadCsvOptions, scanCsv, type ScannedCsv, shownPath, type SkippedLines } from '../../csv/load-csv.ts'
import type { BatchRows } from '../../csv/load-lanes.ts'
import { type CsvLook, lookAtCsv } from '../../csv/look-at-csv.ts'
import { ROW_COLUMN } from '../../load-dataset.ts'
import type { TakeInputCsvConfig } from './config.ts'
import { describeFile, dialectRecord, pinsOf } from './describe-dialect.ts'
import { type IntakeOptions, IntakeRows } from './intake-rows.ts'
import type { IntakeSource } from './intake-source.ts'
import { expectedColumns } from './match-columns.ts'
import { requirePinned } from './require-pinned.ts'
import { uniteColumns, type UnitedColumns } from './unite-columns.ts'

/** A file whose beginning was looked at. */
interface LookedFile {
  readonly file: SourceFile
  readonly look: CsvLook
}

/** Further down a file has shown that it is read in another way than its beginning said: all files are taken in again. */
class ReadOtherwise extends Error {
  readonly look: CsvLook

  constructor(look: CsvLook) {
    super('a file is read in another way than its beginning said')
    this.look = look
  }
}

/** Takes in one file after the other as one input. Throws COLUMNS_DIFFER when their headers do not agree. */
export async function takeFiles(files: readonly SourceFile[], options: IntakeOptions): Promise<IntakeSource> {
  let looked = await lookAtAll(files, options.config)
  for (;;) {
    try {
      return await new FilesIntake(looked, options, await options.context.database()).take()
    } catch (error) {
      if (!(error instanceof ReadOtherwise)) throw error
      const { look } = error
      looked = looked.map((known) => (isOf(known, look) ? { ...known, look } : known))
    }
  }
}

const isOf = ({ look }: LookedFile, other: CsvLook): boolean =>
  look.path === other.path && JSON.stringify(look.packing) === JSON.stringify(other.packing)

async function lookAtAll(files: readonly SourceFile[], config: TakeInputCsvConfig): Promise<readonly LookedFile[]> {
  const looked: LookedFile[] = []
  for (const file of files) {
    // A header is told from data by the header of the first file.
    const [first] = looked
    const known = first?.look.dialect.header === true ? first.look.columns : []
    const { path, shown, member } = file
    const look = await lookAtCsv(path, shown, {
      pins: pinsOf(config),
      expectedColumns: [...expectedColumns(config), ...known],
      ...(member === undefined ? {} : { member }),
    })
    requirePinned(look, config, shown)
    looked.push({ file, look })
  }
  return looked
}

type FileReport = JsonObject & { readonly file: string }

/** One pass over all files. */
class FilesIntake {
  readonly #looked: readonly LookedFile[]
  readonly #options: IntakeOptions
  readonly #database: LoadCsvOptions['database']
  readonly #united: UnitedColumns
  readonly #rows: IntakeRows
  #records = 0
  #slices = 0
  #bytesBefore = 0

  constructor(looked: readonly LookedFile[], options: IntakeOptions, database: LoadCsvOptions['database']) {
    this.#looked = looked
    this.#options = options
    this.#database = database
    this.#united = uniteColumns(
      looked.map(({ file, look }) => ({ shown: file.shown, columns: look.columns, header: look.dialect.header })),
      options.config,
    )
    this.#rows = new IntakeRows(this.#united.columns, options)
  }

  async take(): Promise<IntakeSource> {
    const { limit } = this.#options.config
    const taken: { readonly scanned: ScannedCsv; readonly before: number }[] = []
    for (const [at, { look }] of this.#looked.entries()) {
      if (limit !== undefined && this.#records >= limit) break
      const before = this.#records
      const scanned = await this.#scan(at, limit === undefined ? {} : { limit: limit - before })
      taken.push({ scanned, before })
      this.#records += scanned.records
      this.#bytesBefore += look.bytes
    }
    const scans = taken.map(({ scanned }) => scanned)
    return {
      rows: this.#rows,
      records: this.#records,
      lines: sumOfLines(scans),
      shortRecords: scans.reduce((sum, { shortRecords }) => sum + shortRecords, 0),
      malformed: malformedOf(taken),
      dialect: commonDialect(scans),
      inputs: eachOnce(this.#inputsOf(scans)),
      warnings: scans.flatMap((scan, at) => this.#named(at, scan.warnings)),
      files: this.#looked.length === 1 ? null : scans.map((scan, at) => this.#report(at, scan)),
    }
  }

  async #scan(at: number, limit: { readonly limit?: number }): Promise<ScannedCsv> {
    const { connection, config, context } = this.#options
    const { file, look } = this.#looked[at] as LookedFile
    const bytesTotal = this.#looked.reduce((sum, other) => sum + other.look.bytes, 0)
    const before = { bytes: this.#bytesBefore, rows: this.#records, slices: this.#slices }
    let begun = false
    const options: LoadCsvOptions = {
      ...file,
      ...limit,
      look,
      pins: pinsOf(config),
      expectedColumns: expectedColumns(config),
      workDir: context.outDir,
      database: this.#database,
      name: at === 0 ? 'intake' : `intake_${at}`,
      fillShort: config.short_rows === 'fill',
      signal: context.signal,
      progress: (progress) => {
        const { bytes = 0, rows = 0 } = progress
        context.progress({ ...progress, bytes: before.bytes + bytes, bytesTotal, rows: before.rows + rows })
      },
    }
    const scanned = await scanCsv(connection, options, (found) => {
      if (begun) throw new ReadOtherwise(found)
      begun = true
      return { take: (batch) => this.#takeBatch(batch, at, before), discard: () => this.#rows.discard() }
    })
    context.log.info(describeFile(file.shown, scanned))
    return scanned
  }

  /** The rows of a batch under the columns of all files, numbered through. */
  #takeBatch(rows: BatchRows, at: number, before: { readonly rows: number; readonly slices: number }): Promise<number> {
    const index = before.slices + rows.index
    this.#slices = Math.max(this.#slices, index + 1)
    const batch = rows.batch.withColumns(this.#united.positions[at] ?? [])
    return this.#rows.take({ ...rows, batch, index }, { shown: this.#looked[at]?.file.shown ?? '', before: before.rows })
  }

  /** The input is the archive, whatever is read of it. */
  #inputsOf(scans: readonly ScannedCsv[]): readonly InputFile[] {
    const { projectDir } = this.#options.context
    return scans.flatMap(({ inputs }, at) =>
      inputs.map((input) => ({ ...input, path: shownPath(this.#looked[at]?.file.path ?? '', projectDir) })),
    )
  }

  #named(at: number, warnings: readonly string[]): readonly string[] {
    const { file } = this.#looked[at] as LookedFile
    return this.#looked.length === 1
      ? warnings
      : warnings.map((warning) => (warning.includes(file.shown) ? warning : `${file.shown}: ${warning}`))
  }

  #report(at: number, { records, malformedCount, lines, dialect, inputs }: ScannedCsv): FileReport {
    const { file } = this.#looked[at] as LookedFile
    const missing = this.#united.columns.filter((_, column) => this.#united.positions[at]?.[column] === null)
    return {
      file: file.shown,
      sha256: inputs[0]?.sha256 ?? '',
      records,
      malformed: malformedCount,
      blank_lines: lines.blank,
      ...(missing.length === 0 ? {} : { missing_columns: missing }),
      dialect: dialectRecord(dialect),
      pin_with: dialectYaml(dialect),
    }
  }
}

function sumOfLines(scans: readonly ScannedCsv[]): SkippedLines {
  const sum = (kind: keyof SkippedLines): number => scans.reduce((total, { lines }) => total + lines[kind], 0)
  return { blank: sum('blank'), comment: sum('comment'), preamble: sum('preamble'), footer: sum('footer') }
}

function malformedOf(taken: readonly { readonly scanned: ScannedCsv; readonly before: number }[]): string | null {
  const parts = taken.flatMap(({ scanned, before }) =>
    scanned.malformedCount === 0 ? [] : [`SELECT *, ${before} + __record AS ${ROW_COLUMN} FROM ${scanned.malformed}`],
  )
  return parts.length === 0 ? null : `(${parts.join(' UNION ALL ')})`
}

function commonDialect([first, ...others]: readonly ScannedCsv[]): IntakeSource['dialect'] {
  if (first === undefined) return null
  const said = JSON.stringify(first.dialect)
  return others.every(({ dialect }) => JSON.stringify(dialect) === said) ? first.dialect : null
}

const eachOnce = (inputs: readonly InputFile[]): readonly InputFile[] => [
  ...new Map(inputs.map((input) => [input.path, input])).values(),
]
