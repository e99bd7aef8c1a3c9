import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { packageRoot } from '../../../../activities/package-root.ts'
import type { Dataset, StageContext, StageResult } from '../../../../activities/stage.ts'
import { evaluate } from '../../../../activities/stages/evaluate/stage.ts'
import { ruleBasedFiltering } from '../../../../activities/stages/rule-based-filtering/stage.ts'
import { takeInputCsv } from '../../../../activities/stages/take-input-csv/stage.ts'
import { stageContext } from '../../../support/stage-project.ts'
import { type RuleProject, type RuleRun, runStage } from '../rule-based-filtering/run-rules.ts'

/** The parts of the metrics file that the tests look at. */
interface Metrics {
  readonly verdict: string
  readonly compared: { readonly all: string; readonly kept: string; readonly matched_by: string }
  readonly original_stats: Record<string, number>
  readonly filtered_stats: Record<string, number>
  readonly confusion_matrix: Record<string, number>
  readonly performance_metrics: Record<'precision' | 'recall' | 'f1' | 'accuracy', number | null> & {
    readonly keeping_everything: Record<'precision' | 'recall' | 'f1' | 'accuracy', number | null>
  }
  readonly retention_metrics: Record<string, number | null>
  readonly labels: {
    readonly keep: number
    readonly drop: number
    readonly empty: number
    readonly others: Record<string, number>
    readonly unlisted: number
  }
  readonly rules: readonly {
    readonly stage: string
    readonly rule: string
    readonly verdict: string
    readonly stopped: { readonly wanted_rows: number; readonly unwanted_rows: number }
    readonly had_they_stayed: Record<string, number>
    readonly alone: { readonly confusion_matrix: Record<string, number>; readonly performance_metrics: Record<string, number> }
  }[]
  readonly no_rule_on_record: { readonly wanted_rows: number; readonly unwanted_rows: number }
}

export interface Evaluation {
  readonly result: StageResult
  readonly metrics: Metrics
  readonly report: string
}

/** Runs the stage as the third of a pipeline. */
export async function runEvaluation(
  project: RuleProject,
  config: object,
  inputs: { readonly [alias: string]: Dataset },
  more: Partial<StageContext> = {},
): Promise<Evaluation> {
  const context = stageContext(project.projectDir, {
    database: () => Promise.resolve(project.database),
    stage: 'evaluate',
    stageNumber: 3,
    inputs,
    ...more,
  })
  const result = await evaluate.run(evaluate.schema.parse(config), context)
  const read = (dataset: string): Promise<string> =>
    readFile(join(context.outDir, result.outputs.find((output) => output.dataset === dataset)?.file ?? ''), 'utf8')
  return {
    result,
    metrics: JSON.parse(await read('evaluation_metrics')) as Metrics,
    report: await read('evaluation_report'),
  }
}

/** The output of a stage as the engine hands it on, with the files of what was left out. */
export function handedOn({ result, context, dataset }: RuleRun): Dataset {
  const leftOut = result.outputs
    .filter((output) => output.format === 'jsonl')
    .map((output) => ({
      dataset: output.dataset,
      format: output.format,
      rows: output.rows,
      path: join(context.outDir, output.file),
      public_name: output.publicName ?? '',
      bytes: 0,
      sha256: 'f'.repeat(64),
    }))
  return { ...dataset, leftOut }
}

interface PipelineFile {
  readonly pipeline: { readonly stages: readonly { readonly module: string; readonly config: Record<string, unknown> }[] }
}

/** Intake, rules and evaluation of a pipeline of the repo, on a file. */
export async function runReviews(
  project: RuleProject,
  name: string,
  inputFile: string,
): Promise<{ readonly rules: RuleRun; readonly evaluation: Evaluation }> {
  const file = parse(await readFile(join(packageRoot, 'config', name), 'utf8')) as PipelineFile
  const configOf = (module: string): Record<string, unknown> =>
    file.pipeline.stages.find((stage) => stage.module === module)?.config ?? {}
  const taken = await runStage(
    takeInputCsv,
    project,
    { ...configOf('take_input_csv'), input_file: inputFile },
    { stage: 'intake', stageNumber: 1 },
  )
  const rules = await runStage(ruleBasedFiltering, project, configOf('rule_based_filtering'), {
    inputs: { input: taken.dataset },
    stage: 'rules',
    stageNumber: 2,
  })
  const evaluation = await runEvaluation(project, configOf('evaluate'), { all: handedOn(taken), kept: handedOn(rules) })
  return { rules, evaluation }
}
