import { stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import { sqlText } from '../../duckdb.ts'
import { type LoadedDataset, loadDataset } from '../../load-dataset.ts'
import type { Dataset, StageContext } from '../../stage.ts'
import type { EvaluateConfig } from './config.ts'

/** The two tables that are compared, and what the stages in between have left out. */
export interface EvaluationInputs {
  readonly all: LoadedDataset
  readonly kept: LoadedDataset
  /** How people know them: `intake`, `data/labels.csv`. */
  readonly names: { readonly all: string; readonly kept: string }
  readonly leftOut: readonly LeftOutFile[]
}

export interface LeftOutFile {
  readonly stage: string
  readonly file: Dataset['files'][number]
}

/**
 * Opens all rows and the kept ones: `input: {all: STAGE, kept: STAGE}`, or the original's `input_file` and `stage2_output`.
 * Throws CONFIG_INVALID when one of them is not named, FILE_NOT_FOUND or INPUT_UNREADABLE.
 */
export async function openInputs(
  connection: DuckDBConnection,
  config: EvaluateConfig,
  context: StageContext,
): Promise<EvaluationInputs> {
  const { all, kept, ...others } = namedInputs(config, context)
  return {
    all: await open(connection, context, { ...all, name: 'evaluate_all' }),
    kept: await open(connection, context, {
      ...kept,
      file: await newestOf(connection, kept.file, context),
      name: 'evaluate_kept',
    }),
    names: { all: all.dataset?.stage ?? all.file ?? '', kept: kept.dataset?.stage ?? kept.file ?? '' },
    leftOut: others.between.flatMap(({ stage, leftOut = [] }) => leftOut.map((file) => ({ stage, file }))),
  }
}

interface NamedInput {
  readonly dataset: Dataset | undefined
  readonly file: string | undefined
}

interface NamedInputs {
  readonly all: NamedInput
  readonly kept: NamedInput
  /** Every stage named but that of all rows: the one of the kept rows, and others that had a part in it. */
  readonly between: readonly Dataset[]
}

function namedInputs(config: EvaluateConfig, { inputs }: StageContext): NamedInputs {
  const all = { dataset: inputs['all'] ?? inputs['input'], file: config.input_file }
  const kept = { dataset: inputs['kept'] ?? inputs['stage2_output'], file: config.stage2_output }
  const missing = [
    ...(all.dataset === undefined && all.file === undefined ? ['all rows'] : []),
    ...(kept.dataset === undefined && kept.file === undefined ? ['the kept rows'] : []),
  ]
  if (missing.length > 0) {
    throw new OnclockError('CONFIG_INVALID', `the stage is not told which are ${missing.join(' and which are ')}`, {
      hint: 'Beside `module:` write `input: {all: STAGE, kept: STAGE}`, or in its config input_file: and stage2_output:.',
    })
  }
  const between = Object.values(inputs).filter((dataset) => dataset.stage !== all.dataset?.stage)
  return { all, kept, between: between.filter(({ stage }, at) => between.findIndex((other) => other.stage === stage) === at) }
}

function open(
  connection: DuckDBConnection,
  context: StageContext,
  { dataset, file, name }: NamedInput & { readonly name: string },
): Promise<LoadedDataset> {
  const inputs = dataset === undefined ? {} : { input: dataset }
  return loadDataset(connection, { ...context, inputs }, { inputFile: file, name })
}

/** Of the files that a glob means the one written last, as in the original. */
async function newestOf(
  connection: DuckDBConnection,
  pattern: string | undefined,
  { projectDir }: StageContext,
): Promise<string | undefined> {
  if (pattern === undefined || !/[*?]/.test(pattern)) return pattern
  const path = isAbsolute(pattern) ? pattern : join(projectDir, pattern)
  const found = (await connection.runAndReadAll(`SELECT file FROM glob(${sqlText(path)})`))
    .getRows()
    .map(([file]) => String(file))
  const dated = await Promise.all(found.map(async (file) => ({ file, time: (await stat(file)).mtimeMs })))
  return dated.sort((a, b) => b.time - a.time || (a.file < b.file ? 1 : -1))[0]?.file ?? pattern
}
