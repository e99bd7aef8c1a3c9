import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import type { JsonObject } from '../../../pipeline/json.ts'
import type { RowCounts } from '../../../pipeline/record.ts'
import { assertConserved } from '../../conservation.ts'
import { dialectYaml } from '../../csv/dialect.ts'
import { fileError } from '../../csv/refuse-input.ts'
import { writeLeftOut } from '../../left-out/write-left-out.ts'
import type { BuiltinStage, ProducedFile, StageContext, StageResult } from '../../stage.ts'
import { writeOutput } from '../../write-output.ts'
import { isOver, isUnder, parseAmount } from '../../vocabulary/amount-schema.ts'
import { checkIntakeConfig, intakeConfigFiles } from './check-config.ts'
import { type TakeInputCsvConfig, takeInputCsvSchema } from './config.ts'
import { type Duplicates, findExactDuplicates } from './exact-duplicates.ts'
import { type IntakeCheck, type IntakeColumn, intakeChecks, intakeColumns } from './intake-columns.ts'
import { changedCounts, intakeQuery } from './intake-query.ts'
import { type DeriveIntake, type IntakeSource, openSource } from './intake-source.ts'
import { duplicatesQuery, keptRows, rejectedQuery } from './left-out-queries.ts'

/** Reads any CSV file, cleans its cells, and keeps the rows that are sound; every other row is named with its reason. */
export const takeInputCsv: BuiltinStage<TakeInputCsvConfig> = {
  name: 'take_input_csv',
  aliases: ['src.01_take_input_csv'],
  summary: 'Reads a CSV file of any dialect, cleans and checks its columns, and removes exact duplicates.',
  version: '2',
  rows: 'filter',
  schema: takeInputCsvSchema,
  check: checkIntakeConfig,
  files: intakeConfigFiles,
  run: takeInput,
}

async function takeInput(config: TakeInputCsvConfig, context: StageContext): Promise<StageResult> {
  const connection = await (await context.database()).connect()
  const interrupt = (): void => connection.interrupt()
  context.signal.addEventListener('abort', interrupt)
  try {
    return await new Intake(connection, config, context).run()
  } catch (error) {
    context.signal.throwIfAborted()
    throw error instanceof OnclockError ? error : fileError(error, config.input_file ?? 'the input')
  } finally {
    context.signal.removeEventListener('abort', interrupt)
    connection.closeSync()
  }
}

/** One attempt, from the file to its outputs. */
class Intake {
  readonly #connection: DuckDBConnection
  readonly #config: TakeInputCsvConfig
  readonly #context: StageContext
  #columns: readonly IntakeColumn[] = []
  #checks: readonly IntakeCheck[] = []

  constructor(connection: DuckDBConnection, config: TakeInputCsvConfig, context: StageContext) {
    this.#connection = connection
    this.#config = config
    this.#context = context
  }

  async run(): Promise<StageResult> {
    const source = await openSource(this.#connection, this.#config, this.#context, (rows, header, facts) =>
      this.#derive(rows, header, facts),
    )
    try {
      return await this.#account(source)
    } finally {
      await source.discard()
    }
  }

  async #account(source: IntakeSource): Promise<StageResult> {
    const duplicates = await this.#findDuplicates(source)
    const leftOut = [...(await this.#writeRejected(source)), ...(await this.#writeDuplicates(source, duplicates))]
    const rejected = rowsOf(leftOut, 'rejected')
    const warnings = [...source.warnings, ...this.#checkBudget(rejected, source.records, leftOut)]
    this.#say('writing the output')
    const output = await writeOutput(
      this.#connection,
      { rows: keptRows(source, duplicates), columns: this.#columns, outputFile: this.#config.output_file },
      this.#context,
    )
    const out = output[0].rows ?? 0
    const rows = { in: source.records, out, rejected, filtered: 0, duplicates: rowsOf(leftOut, 'duplicates') }
    assertConserved(rows)
    this.#checkMinimum(rows)
    const metadata = await this.#metadata(source, rows)
    return { rows, inputs: source.inputs, outputs: [...output, ...leftOut], warnings, metadata }
  }

  #derive(source: string, header: readonly string[], facts: Parameters<DeriveIntake>[2]): string {
    if (this.#columns.length === 0) {
      this.#columns = intakeColumns(header, this.#config)
      this.#checks = intakeChecks(this.#columns, this.#context)
    }
    const hashed = this.#config.duplicates === 'remove'
    return intakeQuery({ columns: this.#columns, checks: this.#checks, source, ...facts, hashed })
  }

  async #findDuplicates(source: IntakeSource): Promise<Duplicates | null> {
    if (this.#config.duplicates === 'keep') return null
    this.#say('finding duplicates')
    const names = this.#columns.map(({ text }) => text)
    return findExactDuplicates(this.#connection, source.table, names)
  }

  async #writeRejected(source: IntakeSource): Promise<readonly ProducedFile[]> {
    this.#say('writing what is left out')
    return this.#writeLeftOut('rejected', rejectedQuery(source, this.#columns))
  }

  async #writeDuplicates(source: IntakeSource, duplicates: Duplicates | null): Promise<readonly ProducedFile[]> {
    return duplicates === null ? [] : this.#writeLeftOut('duplicates', duplicatesQuery(source, duplicates, this.#columns))
  }

  /** The rows are written twice, so they are looked for once. */
  async #writeLeftOut(kind: 'rejected' | 'duplicates', query: string): Promise<readonly ProducedFile[]> {
    await this.#connection.run(`CREATE OR REPLACE TEMP TABLE ${kind}_rows AS ${query}`)
    const columns = this.#columns.map(({ name }) => name)
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

  async #metadata(source: IntakeSource, rows: RowCounts): Promise<JsonObject> {
    return {
      rows: { ...rows },
      blank_lines: source.blankLines,
      columns: this.#columns.map(({ name, type }) => ({ name, type: type ?? 'text' })),
      ...(source.dialect === null ? {} : { dialect: { ...source.dialect }, pin_with: dialectYaml(source.dialect) }),
      rejected_by_rule: await this.#rejectedByRule(),
      cleaned_cells: await this.#cleanedCells(source),
    }
  }

  /** Rows that break each rule by itself: a row that breaks two counts for both. */
  async #rejectedByRule(): Promise<JsonObject> {
    const reader = await this.#connection.runAndReadAll(
      'SELECT rule, count(*)::INTEGER FROM (SELECT unnest(__violations).rule AS rule FROM rejected_rows) GROUP BY rule ORDER BY rule',
    )
    return Object.fromEntries(reader.getRows().map(([rule, rows]) => [String(rule), Number(rows)]))
  }

  async #cleanedCells(source: IntakeSource): Promise<JsonObject> {
    const reader = await this.#connection.runAndReadAll(changedCounts(this.#columns, source.table))
    const counts = reader.getRowsJson()[0]?.[0]
    const byColumn = this.#columns.map(({ name }, index) => [name, Number(Array.isArray(counts) ? counts[index] : 0)] as const)
    return Object.fromEntries(byColumn.filter(([, count]) => count > 0))
  }

  #say(doing: string): void {
    this.#context.signal.throwIfAborted()
    this.#context.progress({ doing })
  }
}

/** Rows of a kind, counted from its CSV as written. */
function rowsOf(files: readonly ProducedFile[], dataset: string): number {
  return files.filter((file) => file.dataset === dataset && file.format === 'csv').reduce((sum, { rows }) => sum + (rows ?? 0), 0)
}
