import { basename, join } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { RowCounts } from '../../pipeline/record.ts'
import type { LeavesOut, Progress, StageInput, StageLog, StageRun } from '../api.ts'
import type { ProducedFile, StageResult } from '../stage.ts'
import { type BoundFile, publicName } from './bind-files.ts'
import { collectOutputs } from './collect-outputs.ts'
import { CsvInput } from './csv-input.ts'
import { CsvOutput } from './csv-output.ts'
import type { DefinedStage } from './defined-stage.ts'
import { LeftOutFiles, type LeftOutKind } from './left-out.ts'
import { assertAccounted } from './row-balance.ts'
import { checkConfig, describeIssues } from './stage-config.ts'
import type { StageRequest } from './stage-messages.ts'

/** What the process of a stage offers to the stage in it. */
export interface StageTools {
  readonly log: StageLog
  readonly signal: AbortSignal
  progress(progress: Progress): void
  /** The stage looks at the signal. */
  watching(): void
}

/** Runs a stage made by `defineStage` and accounts for its rows from the files as written. */
export async function runDefined(stage: DefinedStage, request: StageRequest, tools: StageTools): Promise<StageResult> {
  const { files, context } = request
  const missing = stage.inputs.filter((alias) => !Object.hasOwn(files.inputs, alias))
  if (missing.length > 0)
    throw new OnclockError(
      'CONFIG_INVALID',
      `the stage "${context.stage}" needs the input ${missing.map((alias) => `"${alias}"`).join(', ')}`,
      {
        hint: `Bind it in the pipeline: input: {${missing.map((alias) => `${alias}: STAGE`).join(', ')}}.`,
      },
    )
  const checked =
    stage.config === null ? { ok: true as const, config: request.config } : await checkConfig(stage.config, request.config)
  if (!checked.ok) throw new OnclockError('CONFIG_INVALID', `config of "${context.stage}": ${describeIssues(checked.issues)}`)
  const desk = new Desk(stage, request, tools)
  const returned = await (stage.run as (run: unknown) => unknown)(desk.runOf(checked.config))
  if (returned === false) throw new OnclockError('STAGE_FAILED', `${request.module} returned false`)
  return desk.finish()
}

/** What one attempt of a stage reads and writes. */
class Desk {
  readonly #stage: DefinedStage
  readonly #request: StageRequest
  readonly #tools: StageTools
  readonly #inputs = new Map<string, CsvInput>()
  readonly #input: CsvInput | null
  readonly #output: CsvOutput
  readonly #outputs = new Map<string, CsvOutput>()
  readonly #leftOut = new Map<LeftOutKind, LeftOutFiles>()

  constructor(stage: DefinedStage, request: StageRequest, tools: StageTools) {
    this.#stage = stage
    this.#request = request
    this.#tools = tools
    const { files, context } = request
    const main = files.input
    this.#input = main === null ? null : this.#reader(main, true)
    for (const [alias, file] of Object.entries(files.inputs))
      this.#inputs.set(alias, this.#input !== null && file.path === main?.path ? this.#input : this.#reader(file, false))
    this.#output = new CsvOutput(files.outputFile)
    for (const name of stage.outputs)
      this.#outputs.set(name, new CsvOutput(join(context.outDir, publicName(`${request.context.stage}_${name}.csv`, context))))
    if (this.#input === null) return
    const place = { ...context, input: this.#input, inputName: main?.shown ?? '' }
    for (const kind of ['rejected', 'filtered'] as const) this.#leftOut.set(kind, new LeftOutFiles(kind, place))
  }

  runOf(config: unknown): StageRun<unknown, 'filter', string, string> {
    const { context } = this.#request
    const tools = this.#tools
    return {
      config,
      input: this.#input ?? noInput(context.stage),
      inputs: Object.fromEntries(this.#inputs),
      output: this.#output,
      outputs: Object.fromEntries(this.#outputs),
      file: (name) => join(context.outDir, basename(name)),
      log: tools.log,
      progress: (progress) => tools.progress(progress),
      get signal() {
        tools.watching()
        return tools.signal
      },
      runId: context.runId,
      attempt: context.attempt,
      now: new Date(context.now),
      projectDir: context.projectDir,
      ...this.#leaving(),
    }
  }

  async finish(): Promise<StageResult> {
    const named = await this.#close()
    const { context, files } = this.#request
    const { outputs, warnings } = await collectOutputs(context, named)
    const counted = this.#count(outputs)
    const available = files.input?.rows ?? 0
    const unread = counted.in < available ? [`the stage read ${counted.in} of the ${available} rows of its input`] : []
    const rows = { ...counted, in: Math.max(counted.in, available) }
    if (this.#stage.rows !== 'free') assertAccounted(context.stage, this.#stage.rows, rows, unread)
    return {
      rows: this.#stage.rows === 'free' ? null : rows,
      inputs: files.sources,
      outputs,
      warnings: [...warnings, ...unread],
      metadata: { rows_promise: this.#stage.rows, counted: { ...counted }, rules: this.#rules() },
    }
  }

  #reader(file: BoundFile, main: boolean): CsvInput {
    const onRows = (rows: number): void => {
      if (main) this.#tools.progress({ rows, ...(file.rows === null ? {} : { rowsTotal: file.rows }) })
    }
    return new CsvInput(file, { signal: this.#tools.signal, onRows })
  }

  #leaving(): LeavesOut {
    const leave =
      (kind: LeftOutKind): LeavesOut['reject'] =>
      async (row, reason) => {
        if (this.#stage.rows === 'one-to-one')
          throw new OnclockError('STAGE_FAILED', `a stage with rows: 'one-to-one' leaves no row out; declare rows: 'filter'`)
        const files = this.#leftOut.get(kind)
        if (files === undefined) throw new OnclockError('STAGE_FAILED', 'a stage without an input has no row to leave out')
        await files.write(row, reason)
      }
    return { reject: leave('rejected'), filter: leave('filtered') }
  }

  /** Ends every file; what each is called as a dataset, by path. An empty result has the header of the input. */
  async #close(): Promise<Map<string, string>> {
    const named = new Map([[this.#output.path, 'output']])
    await this.#output.close(this.#stage.rows === 'free' ? null : (this.#input?.knownColumns ?? null))
    for (const [name, output] of this.#outputs) {
      await output.close(null)
      named.set(output.path, name)
    }
    for (const [kind, files] of this.#leftOut) {
      await files.close()
      for (const path of files.paths) named.set(path, kind)
    }
    return named
  }

  #count(outputs: readonly ProducedFile[]): RowCounts {
    const rowsOf = (dataset: string): number =>
      outputs.find((file) => file.dataset === dataset && file.format === 'csv')?.rows ?? 0
    return {
      in: this.#input?.rowsIn ?? 0,
      out: rowsOf('output'),
      rejected: rowsOf('rejected'),
      filtered: rowsOf('filtered'),
      duplicates: 0,
    }
  }

  #rules(): JsonObject[] {
    return [...this.#leftOut.values()].flatMap((files) =>
      [...files.rules].map(([rule, rows]) => ({ rule, action: files.kind === 'rejected' ? 'reject' : 'filter', rows })),
    )
  }
}

/** A stage that reads although nothing is there to read gets an error that says so. */
function noInput(stage: string): StageInput {
  const refuse = (): never => {
    throw new OnclockError('CONFIG_INVALID', `the stage "${stage}" reads its input, and none is given`, {
      hint: 'Name one in the pipeline: `input: STAGE`, or `input_file` in its config.',
    })
  }
  return {
    get path() {
      return refuse()
    },
    columns: refuse,
    rows: refuse,
  }
}
