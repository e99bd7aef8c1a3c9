import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ERRORS, OnclockError } from '../pipeline/errors.ts'
import type { JsonObject, JsonValue } from '../pipeline/json.ts'
import type { Pipeline, Stage, StageInput } from '../pipeline/pipeline.ts'
import type { ErrorRecord, RowCounts } from '../pipeline/record.ts'
import { newRunId } from '../pipeline/run-id.ts'
import type { Database } from './duckdb.ts'
import { sampleFile, sampleIntake } from './sample-input.ts'
import { sealOutputs } from './seal-outputs.ts'
import { type AnyBuiltinStage, findBuiltin } from './stages/registry.ts'
import { takeInputCsv } from './stages/take-input-csv/stage.ts'
import type { Dataset, StageContext, StageLog, StageResult } from './stage.ts'
import { countRules, type TriedRule } from './tried-rules.ts'

/** A pipeline that is tried on the beginning of its input. */
export interface TryRequest {
  readonly projectDir: string
  readonly pipeline: Pipeline
  /** The last stage wanted: it and what it works on. Null: all. */
  readonly until: string | null
  /** Data records taken of each file that a stage reads. */
  readonly records: number
  /** Example rows for each rule. */
  readonly examples: number
  /** A folder that holds nothing. Everything is written below it, and nothing in the project. */
  readonly workDir: string
  readonly database: Database
  readonly log: StageLog
  readonly signal: AbortSignal
}

export interface TriedStage {
  readonly name: string
  readonly module: string
  /** Why it was not tried; null: it was. */
  readonly untried: string | null
  /** The file it read, and whether the sample is all of it. */
  readonly sample: { readonly file: string; readonly records: number; readonly whole: boolean } | null
  /** Null where it was not tried, or could not finish. */
  readonly rows: RowCounts | null
  readonly rules: readonly TriedRule[]
  /** The checks of its output, as in the metadata of a stage. */
  readonly checks: readonly JsonValue[]
  readonly warnings: readonly string[]
  /** What would stop the stage, were the sample the whole input. */
  readonly error: ErrorRecord | null
}

/**
 * What the built-in stages of a pipeline that leave rows out would do to the first rows of their input. The limits of a stage
 * (`budget`, `min_output`) are told and then lifted, so that the stages behind it are tried too.
 * @throws OnclockError what cannot be tried at all: an input that is not there, or is no CSV file.
 */
export async function tryStages(request: TryRequest): Promise<TriedStage[]> {
  const { pipeline, until } = request
  const wanted = until === null ? null : withUpstream(pipeline, until)
  const trial = new Trial(request)
  const tried: TriedStage[] = []
  for (const stage of pipeline.stages) if (wanted === null || wanted.has(stage.name)) tried.push(await trial.stage(stage))
  return tried
}

function withUpstream({ stages }: Pipeline, name: string): Set<string> {
  const found = new Set([name])
  // Stages come after those they work on, or the pipeline would not be valid; a second look costs nothing.
  for (const stage of [...stages, ...stages].reverse())
    if (found.has(stage.name)) for (const { stage: other } of Object.values(stage.inputs)) found.add(other)
  return found
}

const LIMITS: ReadonlySet<string> = new Set(['BUDGET_EXCEEDED', 'TOO_FEW_ROWS', 'RULE_FAILED', 'CHECK_FAILED'])
const NO_LIMITS: JsonObject = { budget: { warn: '100%', fail: '100%' }, min_output: '0 rows' }

/** Checks that would stop the stage only warn, so that all of them are told. */
function withoutFailing({ checks }: JsonObject): JsonObject {
  if (!Array.isArray(checks)) return {}
  const lifted = (checks as readonly JsonObject[]).map(({ fail, ...check }) =>
    fail === undefined ? check : { ...check, warn: fail },
  )
  return { checks: lifted }
}

/** The IDs of checks that were lifted for a second try. */
function stoppedBy({ checks }: JsonObject, error: ErrorRecord | null): ReadonlySet<JsonValue | undefined> {
  if (error?.code !== 'CHECK_FAILED' || !Array.isArray(checks)) return new Set()
  return new Set((checks as readonly JsonObject[]).flatMap(({ id, fail }) => (fail === undefined ? [] : [id])))
}

/** As they would be in the metadata: what was lifted is a limit that fails. */
function checksOf(result: StageResult | null, lifted: ReadonlySet<JsonValue | undefined>): readonly JsonValue[] {
  const checks = result?.metadata['checks']
  if (!Array.isArray(checks)) return []
  return (checks as readonly JsonObject[]).map((check) => {
    if (!lifted.has(check['id'])) return check
    const { warn = null, status = null, ...told } = check
    return { ...told, fail: warn, status: status === 'warn' ? 'fail' : status }
  })
}

class Trial {
  readonly #request: TryRequest
  readonly #now = new Date()
  readonly #runId: string
  /** By stage: what it gave, for the stages behind it. */
  readonly #outputs = new Map<string, readonly Dataset[]>()
  /** Paths of samples and the files they stand for. */
  readonly #samples = new Map<string, string>()
  #folders = 0

  constructor(request: TryRequest) {
    this.#request = request
    this.#runId = newRunId(this.#now, 'UTC')
  }

  async stage(stage: Stage): Promise<TriedStage> {
    const nothing = {
      name: stage.name,
      module: stage.module,
      sample: null,
      rows: null,
      rules: [],
      checks: [],
      warnings: [],
      error: null,
    }
    const builtin = findBuiltin(stage.module)
    const untried = this.#reasonNot(stage, builtin)
    if (untried !== null || builtin === undefined) return { ...nothing, untried: untried ?? 'it is not built in' }
    const { config, sample } = await this.#sampled(stage)
    const { result, error, outDir } = await this.#run(stage, builtin, config)
    if (result !== null) await this.#keep(stage, result, outDir)
    const rules = await countRules(outDir, result, { examples: this.#request.examples, database: this.#request.database })
    return {
      ...nothing,
      untried: null,
      sample,
      rows: result?.rows ?? null,
      rules: rules.map((rule) => ({
        ...rule,
        examples: rule.examples.map((row) => ({ ...row, file: row.file === null ? null : this.#named(row.file) })),
      })),
      checks: checksOf(result, stoppedBy(config, error)),
      warnings: (result?.warnings ?? [])
        .filter((warning) => error?.message.includes(warning) !== true)
        .map((warning) => this.#named(warning)),
      error,
    }
  }

  #reasonNot(stage: Stage, builtin: AnyBuiltinStage | undefined): string | null {
    if (!stage.enabled) return 'it is disabled'
    if (stage.kind !== 'builtin') return "it is a stage of your own: only a run starts the project's code"
    if (builtin?.rows !== 'filter') return 'it leaves no rows out'
    const missing = Object.values(stage.inputs).find((input) => !this.#outputs.has(input.stage))
    if (missing !== undefined) return `it works on the output of ${missing.stage}, which is not at hand`
    const empty = Object.values(stage.inputs).find((input) => this.#dataset(input) === undefined)
    return empty === undefined ? null : `no row of the sample is in ${empty.stage}.${empty.dataset}`
  }

  /** The config with the beginning of each file in place of the file. */
  async #sampled({ name, module, inputs, config }: Stage): Promise<{ config: JsonObject; sample: TriedStage['sample'] }> {
    const written = config['input_file']
    if (written === undefined || Object.keys(inputs).length > 0) return { config, sample: null }
    const { projectDir, records } = this.#request
    const request = { projectDir, records, folder: await this.#folder(`${name}-input`) }
    const isIntake = findBuiltin(module)?.name === takeInputCsv.name
    const sampled = isIntake
      ? await sampleIntake(config, takeInputCsv.schema.parse(config), request)
      : await sampleFile(config, typeof written === 'string' ? written : '', request)
    for (const [path, shown] of sampled.samples) this.#samples.set(path, shown)
    return sampled
  }

  async #run(
    stage: Stage,
    builtin: AnyBuiltinStage,
    config: JsonObject,
  ): Promise<{ result: StageResult | null; error: ErrorRecord | null; outDir: string }> {
    const outDir = await this.#folder(stage.name)
    try {
      const result = await builtin.run(builtin.schema.parse(config), this.#context(stage, outDir))
      return { result, error: null, outDir }
    } catch (thrown) {
      if (!(thrown instanceof OnclockError) || ERRORS[thrown.code].exit !== 3 || thrown.code === 'INPUT_UNREADABLE') throw thrown
      const { code, message, hint } = thrown
      const error = { code, message: this.#named(message), ...(hint === undefined ? {} : { hint: this.#named(hint) }) }
      const lifted = { ...config, ...NO_LIMITS, ...withoutFailing(config) }
      if (!LIMITS.has(code) || config['min_output'] === NO_LIMITS['min_output']) return { result: null, error, outDir }
      return { ...(await this.#run(stage, builtin, lifted)), error }
    }
  }

  async #keep(stage: Stage, result: StageResult, outDir: string): Promise<void> {
    const { workDir } = this.#request
    const files = (await sealOutputs(workDir, outDir, result.outputs)).map((file) => ({
      ...file,
      path: join(workDir, file.path),
    }))
    const names = new Set(files.map(({ dataset }) => dataset))
    this.#outputs.set(
      stage.name,
      [...names].map((dataset) => ({ stage: stage.name, dataset, files: files.filter((file) => file.dataset === dataset) })),
    )
  }

  #dataset({ stage, dataset }: StageInput): Dataset | undefined {
    return this.#outputs.get(stage)?.find((candidate) => candidate.dataset === dataset)
  }

  #context(stage: Stage, outDir: string): StageContext {
    const { projectDir, database, log, signal } = this.#request
    const inputs = Object.entries(stage.inputs).map(([alias, input]) => {
      const none = { stage: input.stage, dataset: input.dataset, files: [] }
      return [alias, this.#dataset(input) ?? none] as const
    })
    return {
      runId: this.#runId,
      stage: stage.name,
      stageNumber: stage.number,
      attempt: 1,
      projectDir,
      now: this.#now,
      inputs: Object.fromEntries(inputs),
      outDir,
      database: () => Promise.resolve(database),
      log,
      progress: () => undefined,
      signal,
    }
  }

  async #folder(name: string): Promise<string> {
    this.#folders += 1
    const folder = join(this.#request.workDir, `${this.#folders}-${name.replaceAll(/[^\w-]+/g, '_')}`)
    await mkdir(folder, { recursive: true })
    return folder
  }

  /** The text with the files that people know in place of the samples. */
  #named(text: string): string {
    return [...this.#samples].reduce((named, [path, shown]) => named.replaceAll(path, shown), text)
  }
}
