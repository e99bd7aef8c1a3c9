import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ConfigIssue } from '../../../pipeline/catalog.ts'
import { messageOf, OnclockError } from '../../../pipeline/errors.ts'
import type { JsonObject } from '../../../pipeline/json.ts'
import { type CheckReport, runChecks } from '../../checks/run-checks.ts'
import { assertConserved } from '../../conservation.ts'
import { writeFault } from '../../left-out/copy-rows.ts'
import { lendConnection } from '../../lend-connection.ts'
import { type LoadedDataset, loadDataset } from '../../load-dataset.ts'
import { outputFormFaults } from '../../output-form-faults.ts'
import { packageRoot } from '../../package-root.ts'
import type { BuiltinStage, ProducedFile, StageContext, StageResult } from '../../stage.ts'
import { createWordLists } from '../../vocabulary/word-lists.ts'
import { checkRules } from './check-rules.ts'
import { chooseRows } from './choose-rows.ts'
import { compileRules } from './compile-rules.ts'
import { type RuleBasedFilteringConfig, ruleBasedFilteringSchema } from './config.ts'
import { configFiles } from './config-files.ts'
import { dropJudgement, judgeRows } from './judge-rows.ts'
import { checkMinimum, checkStageBudget, ruleFailed, ruleFailures, type RuleResult, ruleWarnings } from './rule-limits.ts'
import { guardedInOutput, type RuleOutputs, writeFailing, writeKept, writeStopped } from './rule-outputs.ts'
import { type RuleSet, ruleSetOf } from './rule-set.ts'
import { soundRules } from './sound-rules.ts'

/** Keeps the rows that are as its rules say; every other row is named with the rule that stopped it. */
export const ruleBasedFiltering: BuiltinStage<RuleBasedFilteringConfig> = {
  name: 'rule_based_filtering',
  aliases: ['src.02_rule_based_filtering'],
  summary: 'Applies rules to rows: rejects bad data, filters, flags, removes duplicates.',
  version: '4',
  rows: 'filter',
  schema: ruleBasedFilteringSchema,
  check: async (config, projectDir) => [
    ...outputFormFaults(config),
    ...(await checkSet(rulesOf(config, projectDir), projectDir)),
  ],
  checkParts: (config, projectDir) => {
    const { spec, cut } = soundRules(config)
    const file = config['rules_file']
    return checkSet(
      ruleSetOf({ ...spec, ...(typeof file === 'string' ? { rules_file: file } : {}) }, projectDir, cut),
      projectDir,
    )
  },
  files: (config, projectDir) => (hasRules(config) ? configFiles(config, projectDir) : []),
  run: filterRows,
}

/** The nine rules of the original, for a stage without any; a file that people can read and copy. */
export const NINE_RULES = join(packageRoot, 'activities/stages/rule-based-filtering/nine-rules.yaml')
const NINE_RULES_WARNING =
  'the stage has no rules, so the nine of the original apply (for restaurant reviews): see nine-rules.yaml in the package, or write rules: of your own'

const hasRules = ({ rules, rules_file: file }: RuleBasedFilteringConfig): boolean => rules !== undefined || file !== undefined

function rulesOf(config: RuleBasedFilteringConfig, projectDir: string): RuleSet {
  return ruleSetOf(hasRules(config) ? config : { ...config, rules_file: NINE_RULES }, projectDir)
}

const checkSet = (set: RuleSet, projectDir: string): Promise<readonly ConfigIssue[]> =>
  lendConnection((connect) => checkRules(set, projectDir, connect))

async function filterRows(config: RuleBasedFilteringConfig, context: StageContext): Promise<StageResult> {
  const database = await context.database()
  const [connection, other] = [await database.connect(), await database.connect()]
  const interrupt = (): void => {
    connection.interrupt()
    other.interrupt()
  }
  context.signal.addEventListener('abort', interrupt)
  const mark = randomUUID().replaceAll('-', '')
  try {
    return await new Filtering([connection, other], config, context).run(mark)
  } catch (error) {
    context.signal.throwIfAborted()
    throw dataFault(error)
  } finally {
    context.signal.removeEventListener('abort', interrupt)
    await dropJudgement(connection, mark)
    connection.closeSync()
    other.closeSync()
  }
}

/** DuckDB's words on a value that does not fit hold the value: they stay in the cause. */
function dataFault(error: unknown): unknown {
  if (error instanceof OnclockError) return error
  const fault = writeFault(error)
  if (fault !== null) return fault
  if (!/^(?:Out of Range|Conversion|Invalid Input) Error/.test(messageOf(error))) return error
  return new OnclockError(
    'CONFIG_INVALID',
    'an expression went beyond what its numbers can hold, or met a value it cannot read',
    {
      hint: 'Use TRY_CAST, or DOUBLE instead of whole numbers, in expr.',
    },
  )
}

/** One attempt, from the input to its outputs. */
class Filtering {
  readonly #connection: DuckDBConnection
  readonly #other: DuckDBConnection
  readonly #config: RuleBasedFilteringConfig
  readonly #context: StageContext

  constructor(
    [connection, other]: readonly [DuckDBConnection, DuckDBConnection],
    config: RuleBasedFilteringConfig,
    context: StageContext,
  ) {
    this.#connection = connection
    this.#other = other
    this.#config = config
    this.#context = context
  }

  async run(mark: string): Promise<StageResult> {
    const set = await this.#readRules()
    this.#say('reading')
    const dataset = await loadDataset(this.#connection, this.#context, { inputFile: this.#config.input_file, name: 'rules' })
    try {
      return await this.#account(set, await this.#judge(set, dataset, mark))
    } finally {
      await dataset.discard()
    }
  }

  async #account(set: RuleSet, judged: RuleOutputs): Promise<StageResult> {
    await this.#stopAtFailures(judged, resultsOf(judged))
    const outputs = await this.#shape(judged)
    const results = resultsOf(outputs)
    const { dataset } = outputs
    this.#say('writing the output and what is left out')
    const [leftOut, output] = await this.#write(outputs)
    const rejected = rowsOf(leftOut, 'rejected')
    const warnings = [
      ...(hasRules(this.#config) ? [] : [NINE_RULES_WARNING]),
      ...dataset.warnings,
      ...ruleWarnings(results, dataset.records),
      ...checkStageBudget(this.#config, rejected, dataset.records),
    ]
    const rows = {
      in: dataset.records,
      out: output[0]?.rows ?? 0,
      rejected,
      filtered: rowsOf(leftOut, 'filtered'),
      duplicates: rowsOf(leftOut, 'duplicates'),
    }
    assertConserved(rows)
    checkMinimum(this.#config.min_output, rows, results)
    const guarded = await guardedInOutput(this.#connection, outputs, { files: output, context: this.#context })
    const checked = await this.#check(set, dataset, output)
    const metadata = {
      ...metadataOf(rows, results),
      ...(Object.keys(guarded).length === 0 ? {} : { guarded_cells: guarded }),
      ...checked.metadata,
    }
    return {
      rows,
      inputs: dataset.inputs,
      outputs: [...output, ...leftOut],
      warnings: [...warnings, ...checked.warnings],
      metadata,
    }
  }

  async #check(set: RuleSet, { table, columns, records }: LoadedDataset, outputs: readonly ProducedFile[]): Promise<CheckReport> {
    const checks = set.checks.map(({ spec }) => spec)
    const lists = createWordLists(set.lists, this.#context.projectDir)
    const checked = { checks, outputs, input: { table, columns }, records }
    return runChecks(checked, this.#context, { connection: this.#connection, lists })
  }

  /** What is worked out and chosen among the rows that the rules have left. */
  async #shape(judged: RuleOutputs): Promise<RuleOutputs> {
    const { shape } = judged.compiled
    if (shape === null) return judged
    if (shape.sample !== null || shape.top !== null) this.#say('choosing rows')
    return { ...judged, ...(await chooseRows(this.#connection, judged, shape)) }
  }

  /** Both at once, each on a connection of its own; neither is left alone when the other one fails. */
  async #write(outputs: RuleOutputs): Promise<readonly [readonly ProducedFile[], readonly ProducedFile[]]> {
    await outputs.judgement.share(this.#other)
    const [leftOut, output] = await Promise.allSettled([
      writeStopped(this.#connection, outputs, this.#context),
      writeKept(this.#other, outputs, this.#context),
    ])
    if (leftOut.status === 'rejected') throw leftOut.reason
    if (output.status === 'rejected') throw output.reason
    return [leftOut.value, output.value]
  }

  async #readRules(): Promise<RuleSet> {
    const set = rulesOf(this.#config, this.#context.projectDir)
    const issues = await checkRules(set, this.#context.projectDir, () => Promise.resolve(this.#connection))
    const faults = issues.filter(({ severity }) => severity !== 'warning')
    if (faults.length === 0) return set
    throw new OnclockError('CONFIG_INVALID', faults.map(faultWords).join('; '), {
      hint: faults.map(({ hint }) => hint).find((hint) => hint !== null) ?? 'Mend the rules, then resume.',
    })
  }

  async #judge(set: RuleSet, dataset: LoadedDataset, mark: string): Promise<RuleOutputs> {
    this.#say('applying the rules')
    const { now, projectDir } = this.#context
    const compiled = await compileRules(set, dataset, { connection: this.#connection, now, projectDir })
    const judgement = await judgeRows(this.#connection, compiled, mark)
    return { dataset, compiled, judgement, outputFile: this.#config.output_file, spec: this.#config.output }
  }

  /** The rows that stop the stage are kept when nothing else of it is: without them its error names nothing to mend. */
  async #stopAtFailures(outputs: RuleOutputs, results: readonly RuleResult[]): Promise<void> {
    const failures = ruleFailures(results, outputs.dataset.records)
    if (failures.length === 0) return
    this.#say('writing the rows that stop it')
    const [file] = await writeFailing(this.#connection, outputs, {
      failing: failures.map(({ index }) => index),
      context: this.#context,
    })
    throw ruleFailed(failures, file?.file ?? '')
  }

  #say(doing: string): void {
    this.#context.signal.throwIfAborted()
    this.#context.progress({ doing })
  }
}

const resultsOf = ({ compiled, judgement }: RuleOutputs): readonly RuleResult[] =>
  compiled.rules.map(({ rule }, index) => ({ rule, count: judgement.counts[index] ?? NO_ROWS }))

const NO_ROWS = { broken: 0, stopped: 0, alone: 0, checked: null, changed: null }

function faultWords({ path, place, message }: ConfigIssue): string {
  return `${place === undefined ? path.join('.') : `${place.file}:${place.line}:${place.column}`} ${message}`
}

/** Rows of a kind, counted from its CSV as written. */
function rowsOf(files: readonly ProducedFile[], dataset: string): number {
  return files.filter((file) => file.dataset === dataset && file.format === 'csv').reduce((sum, { rows }) => sum + (rows ?? 0), 0)
}

/** The funnel: for each rule the rows that reached it and broke it, those it stopped, and those that break it by itself. */
function metadataOf(rows: NonNullable<StageResult['rows']>, results: readonly RuleResult[]): JsonObject {
  return {
    rows: { ...rows },
    rules: results.map(({ rule, count }) => ({
      id: rule.id,
      action: rule.action,
      stopped: count.stopped,
      broken: count.broken,
      ...(count.alone === null ? {} : { alone: count.alone }),
      ...(count.changed === null ? {} : { changed: count.changed }),
    })),
  }
}
