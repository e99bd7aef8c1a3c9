import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import type { JsonObject } from '../../../pipeline/json.ts'
import type { RowCounts } from '../../../pipeline/record.ts'
import { type CheckReport, runChecks } from '../../checks/run-checks.ts'
import { RowHash } from '../../cells/row-hash.ts'
import { assertConserved } from '../../conservation.ts'
import { dialectYaml } from '../../csv/dialect.ts'
import { findInputFiles, isPattern } from '../../csv/input-files.ts'
import { shownPath } from '../../csv/load-csv.ts'
import { fileError } from '../../csv/refuse-input.ts'
import { writeLeftOut } from '../../left-out/write-left-out.ts'
import type { BuiltinStage, ProducedFile, StageContext, StageResult } from '../../stage.ts'
import { isOver, isUnder, parseAmount } from '../../vocabulary/amount-schema.ts'
import { createWordLists } from '../../vocabulary/word-lists.ts'
import { checkIntakeConfig, intakeConfigFiles } from './check-config.ts'
import { type TakeInputCsvConfig, takeInputCsvSchema } from './config.ts'
import type { IntakeRows, RowHashes } from './intake-rows.ts'
import { dialectRecord } from './describe-dialect.ts'
import { type IntakeSource, takeSource } from './intake-source.ts'
import { COLLISION, duplicatesQuery, rejectedQuery } from './left-out-queries.ts'

/** Reads any CSV file, cleans its cells, and keeps the rows that are sound; every other row is named with its reason. */
export const takeInputCsv: BuiltinStage<TakeInputCsvConfig> = {
  name: 'take_input_csv',
  aliases: ['src.01_take_input_csv'],
  summary: 'Reads a CSV file of any dialect, cleans and checks its columns, and removes duplicates.',
  version: '4',
  rows: 'filter',
  schema: takeInputCsvSchema,
  check: checkIntakeConfig,
  files: intakeConfigFiles,
  sources: matchedFiles,
  run: (config, context) => takeInput(config, context),
}

/** Takes the input in. When two rows that differ have the same hash, it is taken in once more, by another hash. */
export async function takeInput(
  config: TakeInputCsvConfig,
  context: StageContext,
  hash: RowHashes = rowHashes,
): Promise<StageResult> {
  const connection = await (await context.database()).connect()
  const interrupt = (): void => connection.interrupt()
  context.signal.addEventListener('abort', interrupt)
  try {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      const source = await takeSource({ connection, config, context, hash, attempt })
      try {
        await source.rows.settle()
        await source.rows.beginSealing()
        const duplicates = await duplicatesQuery(connection, source.rows)
        if (duplicates !== COLLISION) return await new Intake(connection, config, context).account(source, duplicates)
      } finally {
        await source.rows.discard()
      }
    }
    throw new Error('rows that differ had the same hash, whatever the hash')
  } catch (error) {
    context.signal.throwIfAborted()
    throw error instanceof OnclockError ? error : fileError(error, [config.input_file ?? 'the input'].flat().join(', '))
  } finally {
    context.signal.removeEventListener('abort', interrupt)
    connection.closeSync()
  }
}

/** What a glob matches now is part of what is asked for: a file more, and the stage runs again. */
async function matchedFiles({ input_file: written }: TakeInputCsvConfig, projectDir: string): Promise<readonly string[]> {
  if (written === undefined || !isPattern(written)) return []
  return (await findInputFiles(written, projectDir)).map((path) => shownPath(path, projectDir))
}

const MOST_ATTEMPTS = 5

const rowHashes: RowHashes = {
  sql: (cells, attempt) => `hash(${[...cells, ...(attempt === 0 ? [] : [attempt])].join(', ')})`,
  bytes: (attempt) => new RowHash(attempt),
}

/** One attempt, from the rows taken in to the files that account for them. */
class Intake {
  readonly #connection: DuckDBConnection
  readonly #config: TakeInputCsvConfig
  readonly #context: StageContext

  constructor(connection: DuckDBConnection, config: TakeInputCsvConfig, context: StageContext) {
    this.#connection = connection
    this.#config = config
    this.#context = context
  }

  async account(source: IntakeSource, duplicates: string | null): Promise<StageResult> {
    this.#say('writing what is left out')
    const leftOut = [
      ...(await this.#writeLeftOut('rejected', rejectedQuery(source.rows, source.malformed), source)),
      ...(duplicates === null ? [] : await this.#writeLeftOut('duplicates', duplicates, source)),
    ]
    const rejected = rowsOf(leftOut, 'rejected')
    const warnings = [
      ...source.warnings,
      ...source.rows.shortened.warnings,
      ...this.#checkBudget(rejected, source.records, leftOut),
    ]
    this.#say('sealing the output')
    const output = await source.rows.finish()
    const out = output[0].rows ?? 0
    const rows = { in: source.records, out, rejected, filtered: 0, duplicates: rowsOf(leftOut, 'duplicates') }
    assertConserved(rows)
    this.#checkMinimum(rows)
    const checked = await this.#check(output, source.records)
    const metadata = { ...(await this.#metadata(source, rows, output)), ...checked.metadata }
    const all = [...warnings, ...checked.warnings]
    return { rows, inputs: source.inputs, outputs: [...output, ...leftOut], warnings: all, metadata }
  }

  #check(outputs: readonly ProducedFile[], records: number): Promise<CheckReport> {
    const lists = createWordLists({}, this.#context.projectDir)
    const output = { checks: this.#config.checks ?? [], outputs, input: null, records }
    return runChecks(output, this.#context, { connection: this.#connection, lists })
  }

  /** The rows are written twice, so they are looked for once. */
  async #writeLeftOut(kind: 'rejected' | 'duplicates', query: string, source: IntakeSource): Promise<readonly ProducedFile[]> {
    await this.#connection.run(`CREATE OR REPLACE TEMP TABLE ${kind}_rows AS ${query}`)
    const columns = (kind === 'rejected' ? source.rows.delivered : source.rows.columns).map(({ name }) => name)
    return writeLeftOut(this.#connection, { kind, query: `SELECT * FROM ${kind}_rows`, columns, context: this.#context })
  }

  /** The warning of a budget that is nearly used up. Throws when it is exceeded: what was left out is on the disk by then. */
  #checkBudget(rejected: number, total: number, leftOut: readonly ProducedFile[]): readonly string[] {
    const { warn, fail } = this.#config.budget
    const share = total === 0 ? '0' : ((rejected / total) * 100).toFixed(2)
    const said = `${rejected} of ${total} rows (${share} %) were rejected`
    if (isOver(parseAmount(fail), rejected, total)) {
      const file = leftOut.find(({ dataset, format }) => dataset === 'rejected' && format === 'csv')
      throw new OnclockError('BUDGET_EXCEEDED', `${said}; the budget allows ${fail}`, {
        hint: `${file?.publicName ?? 'The file of rejected rows'} names each row and its rule. Mend the input or the rules, or raise budget.fail.`,
      })
    }
    return isOver(parseAmount(warn), rejected, total) ? [`${said}; the budget warns above ${warn}`] : []
  }

  #checkMinimum(rows: RowCounts): void {
    const { min_output: minimum } = this.#config
    if (!isUnder(parseAmount(minimum), rows.out, rows.in)) return
    const what = rows.in === 0 ? 'the input holds a header alone and no row' : `${rows.out} of ${rows.in} rows came out`
    throw new OnclockError('TOO_FEW_ROWS', `${what}; min_output asks for ${minimum}`, {
      hint:
        rows.in === 0 ? 'Export the file again, or set min_output: 0 rows.' : 'See the files of rejected rows and duplicates.',
    })
  }

  async #metadata(source: IntakeSource, rows: RowCounts, output: readonly ProducedFile[]): Promise<JsonObject> {
    return {
      rows: { ...rows },
      blank_lines: source.lines.blank,
      comment_lines: source.lines.comment,
      preamble_lines: source.lines.preamble,
      footer_lines: source.lines.footer,
      ...(this.#config.short_rows === 'fill' ? { filled_records: source.shortRecords } : {}),
      ...(this.#config.limit === undefined ? {} : { limit: this.#config.limit }),
      ...columnFacts(source.rows),
      ...(source.dialect === null ? {} : { dialect: dialectRecord(source.dialect), pin_with: dialectYaml(source.dialect) }),
      ...(source.files === null ? {} : { files: source.files }),
      rejected_by_rule: await this.#rejectedByRule(),
      ...source.rows.changed.summary,
      ...source.rows.shortened.summary,
      ...(await source.rows.guarded(output)),
    }
  }

  /** Rows that break each rule by itself: a row that breaks two counts for both. */
  async #rejectedByRule(): Promise<JsonObject> {
    const reader = await this.#connection.runAndReadAll(
      'SELECT rule, count(*)::INTEGER FROM (SELECT unnest(__violations).rule AS rule FROM rejected_rows) GROUP BY rule ORDER BY rule',
    )
    return Object.fromEntries(reader.getRows().map(([rule, rows]) => [String(rule), Number(rows)]))
  }

  #say(doing: string): void {
    this.#context.signal.throwIfAborted()
    this.#context.progress({ doing })
  }
}

/** The columns of the output; what of the file is not among them, and what of them is not in the file. */
function columnFacts({ columns, dropped, header }: IntakeRows): JsonObject {
  const made = columns.flatMap(({ name, position }) => (position === null ? [name] : []))
  return {
    columns: columns.map(({ name, type, position }) => {
      const from = position === null ? name : header[position]
      return { name, type: type ?? 'text', ...(from === undefined || from === name ? {} : { from }) }
    }),
    ...(dropped.length === 0 ? {} : { dropped_columns: dropped }),
    ...(made.length === 0 ? {} : { made_columns: made }),
  }
}

/** Rows of a kind, counted from its CSV as written. */
function rowsOf(files: readonly ProducedFile[], dataset: string): number {
  return files.filter((file) => file.dataset === dataset && file.format === 'csv').reduce((sum, { rows }) => sum + (rows ?? 0), 0)
}
