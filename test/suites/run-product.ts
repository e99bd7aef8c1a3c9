import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import type { ConfigIssue } from '../../pipeline/catalog.ts'
import { configIssues } from '../../pipeline/config-issues.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import { type Database, openDatabase } from '../../activities/duckdb.ts'
import { type LeftOutRow, readLeftOut } from '../../activities/left-out/read-left-out.ts'
import type { BuiltinStage, Dataset, StageResult } from '../../activities/stage.ts'
import { ruleBasedFiltering } from '../../activities/stages/rule-based-filtering/stage.ts'
import { takeInputCsv } from '../../activities/stages/take-input-csv/stage.ts'
import { stageContext } from '../support/stage-project.ts'

/** The moment that `now` is in these tests. */
export const NOW = new Date('2026-11-24T02:00:00Z')

/** A stage that ran, or one that was refused or failed with a named error. */
export type Outcome = { readonly ran: Ran; readonly fault: null } | { readonly ran: null; readonly fault: Fault }

export interface Ran {
  readonly result: StageResult
  readonly dataset: Dataset
  readonly rejected: readonly LeftOutRow[]
  readonly header: readonly string[]
  /** Rows of the output, each by its columns. */
  readonly rows: readonly Readonly<Record<string, string>>[]
  readonly warnings: readonly string[]
}

interface Fault {
  /** `CONFIG` for what validation finds before anything runs, else the code of the error. */
  readonly code: string
  readonly message: string
  readonly issues: readonly ConfigIssue[]
}

/** The built-in stages, each on a folder of its own, as the engine would run them. */
export class Product {
  readonly dir: string
  readonly #database: Database
  #files = 0

  private constructor(dir: string, database: Database) {
    this.dir = dir
    this.#database = database
  }

  static async open(): Promise<Product> {
    const dir = await realpath(await mkdtemp(join(tmpdir(), 'onclock-suites-')))
    return new Product(dir, await openDatabase({ spillDir: join(dir, 'spill'), threads: 1 }))
  }

  async close(): Promise<void> {
    this.#database.close()
    await rm(this.dir, { recursive: true, force: true })
  }

  /** Puts a file into the project; gives its name. */
  async file(content: string | Buffer, extension = 'csv'): Promise<string> {
    this.#files += 1
    const name = `file-${this.#files}.${extension}`
    await writeFile(join(this.dir, name), content)
    return name
  }

  intake(inputFile: string, config: JsonObject): Promise<Outcome> {
    return this.#run(takeInputCsv, { input_file: inputFile, ...config }, {})
  }

  rules(input: Dataset, config: JsonObject): Promise<Outcome> {
    return this.#run(ruleBasedFiltering, config, { input })
  }

  /** Everything that validation finds wrong. */
  async issues<Config>(stage: BuiltinStage<Config>, config: JsonObject): Promise<readonly ConfigIssue[]> {
    const parsed = stage.schema.safeParse(config)
    if (parsed.success) return (await stage.check?.(parsed.data, this.dir)) ?? []
    const parts = (await stage.checkParts?.(config, this.dir)) ?? []
    return [...configIssues(parsed.error, config, stage.schema), ...parts]
  }

  async #run<Config>(
    stage: BuiltinStage<Config>,
    config: JsonObject,
    inputs: Readonly<Record<string, Dataset>>,
  ): Promise<Outcome> {
    const issues = await this.issues(stage, config)
    const faults = issues.filter(({ severity }) => severity !== 'warning')
    if (faults.length > 0) return refused('CONFIG', faults.map(({ message }) => message).join('; '), faults)
    const outDir = await mkdtemp(join(this.dir, 'out-'))
    const context = stageContext(this.dir, {
      database: () => Promise.resolve(this.#database),
      outDir,
      now: NOW,
      inputs,
      stage: stage.name === 'take_input_csv' ? 'intake' : 'rules',
      stageNumber: stage.name === 'take_input_csv' ? 1 : 2,
    })
    try {
      const result = await stage.run(stage.schema.parse(config), context)
      return { ran: await ranFrom(result, outDir, context.stage), fault: null }
    } catch (error) {
      if (!(error instanceof OnclockError)) throw error
      return refused(error.code, error.message, [])
    }
  }
}

const refused = (code: string, message: string, issues: readonly ConfigIssue[]): Outcome => ({
  ran: null,
  fault: { code, message, issues },
})

async function ranFrom(result: StageResult, outDir: string, stage: string): Promise<Ran> {
  const fileOf = (dataset: string, format: string): string | null => {
    const output = result.outputs.find((one) => one.dataset === dataset && one.format === format)
    return output === undefined ? null : join(outDir, output.file)
  }
  const rejected: LeftOutRow[] = []
  const rejectedFile = fileOf('rejected', 'jsonl')
  if (rejectedFile !== null) for await (const row of readLeftOut(rejectedFile)) rejected.push(row)
  const csv = fileOf('output', 'csv')
  const table = csv === null ? [] : parse(await readFile(csv, 'utf8'), { relax_column_count: false, skip_empty_lines: false })
  const [header = [], ...records] = table
  const files = result.outputs
    .filter(({ dataset }) => dataset === 'output')
    .map(({ dataset, file, publicName, format, rows }) => ({
      dataset,
      format,
      rows,
      path: join(outDir, file),
      public_name: publicName ?? '',
      bytes: 0,
      sha256: '',
    }))
  return {
    result,
    rejected,
    header,
    rows: records.map((record) => Object.fromEntries(header.map((name, index) => [name, record[index] ?? '']))),
    warnings: result.warnings,
    dataset: { stage, dataset: 'output', files },
  }
}
