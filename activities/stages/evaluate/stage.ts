import { writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import type { JsonObject } from '../../../pipeline/json.ts'
import { outputNameOf } from '../../../pipeline/output-name.ts'
import type { InputFile } from '../../../pipeline/record.ts'
import { writeFault } from '../../left-out/copy-rows.ts'
import type { BuiltinStage, ProducedFile, StageContext, StageResult } from '../../stage.ts'
import { compareRows, type Comparison } from './compare-rows.ts'
import { type EvaluateConfig, evaluateSchema } from './config.ts'
import { type EvaluationInputs, openInputs } from './evaluation-inputs.ts'
import { judgeRules, reportText } from './evaluation-report.ts'
import {
  hadStayed,
  keepingEverything,
  leavingOut,
  metricsOf,
  performanceAsOriginal,
  performanceOf,
  rounded,
  verdictOf,
} from './metrics.ts'

/** Holds the rows that rules have kept against the labels that people gave, for all rules together and for each. */
export const evaluate: BuiltinStage<EvaluateConfig> = {
  name: 'evaluate',
  aliases: ['src.03_evaluation'],
  summary:
    'Compares the rows that rules have kept with the labels of people: precision, recall, F1, accuracy, and the same per rule.',
  version: '1',
  rows: 'free',
  schema: evaluateSchema,
  run: runEvaluation,
}

async function runEvaluation(config: EvaluateConfig, context: StageContext): Promise<StageResult> {
  const connection = await (await context.database()).connect()
  const interrupt = (): void => connection.interrupt()
  context.signal.addEventListener('abort', interrupt)
  try {
    return await evaluateRows(connection, config, context)
  } catch (error) {
    context.signal.throwIfAborted()
    throw error instanceof OnclockError ? error : (writeFault(error) ?? error)
  } finally {
    context.signal.removeEventListener('abort', interrupt)
    connection.closeSync()
  }
}

async function evaluateRows(connection: DuckDBConnection, config: EvaluateConfig, context: StageContext): Promise<StageResult> {
  context.progress({ doing: 'reading' })
  const inputs = await openInputs(connection, config, context)
  context.signal.throwIfAborted()
  context.progress({ doing: 'comparing with the labels' })
  const comparison = await compareRows(connection, inputs, config)
  const metrics = metricsFile(comparison, inputs, config, context)
  const head = { runId: context.runId, stage: context.stage, ...inputs.names }
  const outputs = await Promise.all([
    produce(context, 'evaluation_metrics', {
      name: metricsName(config.output_file, context),
      text: `${JSON.stringify(metrics, null, 2)}\n`,
    }),
    produce(context, 'evaluation_report', {
      name: `stage${context.stageNumber}_evaluation_report_${context.runId}.txt`,
      text: reportText(head, comparison, config),
    }),
  ])
  await Promise.all([inputs.all.discard(), inputs.kept.discard()])
  return {
    rows: null,
    inputs: sourcesOf(inputs, context.projectDir),
    outputs,
    warnings: warningsOf(comparison, inputs),
    metadata: metadataOf(metrics),
  }
}

/** `data/evaluation_metrics.json` gives `evaluation_metrics_<run ID>.json`; unless said, the stage's number is in the name. */
function metricsName(outputFile: string | undefined, { stageNumber, runId }: StageContext): string {
  const { stem, extension } = outputNameOf(outputFile ?? `stage${stageNumber}_evaluation_metrics`)
  return `${stem}_${runId}${extension === '' ? '.json' : extension}`
}

async function produce(
  context: StageContext,
  dataset: string,
  { name, text }: { readonly name: string; readonly text: string },
): Promise<ProducedFile> {
  await writeFile(join(context.outDir, name), text)
  return { dataset, file: name, publicName: name, format: name.endsWith('.json') ? 'json' : 'other', rows: null }
}

function metricsFile(
  comparison: Comparison,
  inputs: EvaluationInputs,
  config: EvaluateConfig,
  { runId, stage }: StageContext,
): JsonObject {
  const { selection, labels, others, matchedBy, noRule } = comparison
  const everything = keepingEverything(selection)
  const { performance_metrics: together, ...parts } = metricsOf(selection)
  return {
    schema_version: 1,
    run_id: runId,
    stage,
    compared: { all: inputs.names.all, kept: inputs.names.kept, matched_by: matchedBy },
    label: { column: config.label, keep: config.keep, drop: config.drop },
    verdict: verdictOf(performanceOf(selection), performanceOf(everything)),
    ...parts,
    performance_metrics: {
      ...(together as JsonObject),
      keeping_everything: rounded(performanceOf(everything)),
      as_the_original_counted: rounded(performanceAsOriginal(selection, others)),
    },
    labels: {
      keep: labels.keep,
      drop: labels.drop,
      empty: labels.none,
      others: Object.fromEntries(labels.others.map(({ label, rows }) => [label, rows])),
      unlisted: labels.unlisted,
    },
    rules: judgeRules(comparison).map((rule) => ({
      stage: rule.stage,
      rule: rule.rule,
      verdict: rule.verdict,
      stopped: { wanted_rows: rule.wanted, unwanted_rows: rule.unwanted },
      had_they_stayed: metricsOf(hadStayed(selection, rule))['performance_metrics'] ?? null,
      alone: metricsOf(leavingOut(selection, rule)),
    })),
    no_rule_on_record: { wanted_rows: noRule.wanted, unwanted_rows: noRule.unwanted },
  }
}

/** What the record of the run holds: the file without what stands in the record anyway. */
function metadataOf({ schema_version: _version, run_id: _run, stage: _stage, ...metrics }: JsonObject): JsonObject {
  return metrics
}

/** The files of left-out rows too: other rules may keep the same rows, and the evaluation is another one then. */
function sourcesOf({ all, kept, leftOut }: EvaluationInputs, projectDir: string): InputFile[] {
  const files = leftOut.map(({ file: { path, sha256, bytes } }) => ({ path: shown(path, projectDir), sha256, bytes }))
  return [...all.inputs, ...kept.inputs, ...files]
}

function shown(path: string, projectDir: string): string {
  const inside = relative(projectDir, path)
  return inside.startsWith('..') ? path : inside.split(sep).join('/')
}

/** These travel: no label is in them. */
function warningsOf(comparison: Comparison, { all, kept, names }: EvaluationInputs): string[] {
  const { labels, matchedBy, strangers, selection } = comparison
  const others = labels.others.reduce((rows, label) => rows + label.rows, labels.unlisted)
  const harm = verdictOf(performanceOf(selection), performanceOf(keepingEverything(selection))) === 'harms'
  const malformed = all.malformed === null ? [] : [`records of "${names.all}" that could not be split are not compared`]
  return [
    ...(matchedBy === 'place' ? [...all.warnings, ...kept.warnings] : []),
    ...malformed,
    ...(matchedBy === 'place'
      ? []
      : [`the rows of "${names.kept}" do not know their place in "${names.all}": they were matched by equal cells`]),
    ...(strangers === 0
      ? []
      : [`of the rows of "${names.kept}" ${strangers} are not among those of "${names.all}" and do not count`]),
    ...(others === 0
      ? []
      : [`${rowsHave(others)} a label that is neither in keep nor in drop and ${countAs(others)} as unwanted, see the report`]),
    ...(labels.none === 0 ? [] : [`${rowsHave(labels.none)} no label and ${countAs(labels.none)} as unwanted`]),
    ...(harm ? ['the rules do harm: keeping every row would agree better with the labels, see the report'] : []),
  ]
}

const rowsHave = (rows: number): string => (rows === 1 ? '1 row has' : `${rows} rows have`)
const countAs = (rows: number): string => (rows === 1 ? 'counts' : 'count')
