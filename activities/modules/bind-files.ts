import { existsSync } from 'node:fs'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'
import { outputNameOf } from '../../pipeline/output-name.ts'
import type { InputFile } from '../../pipeline/record.ts'
import { sealFile } from '../seal-file.ts'
import type { Dataset, OwnModule, StageContext } from '../stage.ts'
import { isFile } from './project-module.ts'

/** A file that a stage reads. */
export interface BoundFile {
  /** Absolute. */
  readonly path: string
  /** As it is told in records and files of left-out rows. */
  readonly shown: string
  /** Records by its own count of the bytes; null where the format has none. */
  readonly rows: number | null
}

/** What a stage of one's own is given to read and where it writes. */
export interface BoundFiles {
  /** Null: the stage has no input. */
  readonly input: BoundFile | null
  readonly inputs: { readonly [alias: string]: BoundFile }
  /** What `config.input_file` becomes; null: it stays unset. */
  readonly inputFile: string | null
  /** The main output, below the attempt's folder. */
  readonly outputFile: string
  /** Its name in the run directory. */
  readonly outputName: string
  /** Files read that are not datasets of this run. */
  readonly sources: readonly InputFile[]
}

/** Puts files in the place of `input` and `input_file`, `output_file`: the same for every kind of stage of one's own. */
export async function bindFiles(module: OwnModule, context: StageContext): Promise<BoundFiles> {
  const inputs: { [alias: string]: BoundFile } = {}
  for (const [alias, dataset] of Object.entries(context.inputs)) inputs[alias] = fileOf(dataset)
  const outputName = publicName(text(module.config['output_file']), context)
  const common = { inputs, outputFile: join(context.outDir, outputName), outputName }
  const written = text(module.config['input_file'])
  // A file of its own stays what it works on when its datasets have other names, as in the original's evaluation.
  const first = inputs['input'] ?? (written === null ? Object.values(inputs)[0] : undefined)
  if (first !== undefined) return { ...common, input: first, inputFile: first.path, sources: [] }
  if (written === null) return { ...common, input: null, inputFile: null, sources: [] }
  const path = resolve(context.projectDir, written)
  if (!isFile(path)) return { ...common, input: null, inputFile: isUrl(written) ? written : path, sources: [] }
  const seal = await sealFile(path, formatOf(path))
  const shown = projectPath(context.projectDir, path)
  return {
    ...common,
    input: { path, shown, rows: seal.rows },
    inputFile: path,
    sources: [{ path: shown, sha256: seal.sha256, bytes: seal.bytes }],
  }
}

/** `data/stage1_output.csv` becomes `stage1_output_<run ID>.csv`; without a name it is `<stage>_<run ID>.csv`. */
export function publicName(written: string | null, context: Pick<StageContext, 'stage' | 'runId'>): string {
  const { stem, extension } = outputNameOf(written ?? '')
  const name = stem === '' ? context.stage.replaceAll(/[^\w.-]+/g, '_') : stem
  return `${name}_${context.runId}${extension === '' ? '.csv' : extension}`
}

/** The format of a file by its ending. */
export function formatOf(name: string): 'csv' | 'parquet' | 'jsonl' | 'json' | 'other' {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  if (ending === 'ndjson') return 'jsonl'
  return ending === 'csv' || ending === 'parquet' || ending === 'jsonl' || ending === 'json' ? ending : 'other'
}

/** The one file of a dataset that a program reads: its CSV where there is one. */
function fileOf(dataset: Dataset): BoundFile {
  const named = `${dataset.stage}.${dataset.dataset}`
  const csv = dataset.files.filter((file) => file.format === 'csv')
  // The copies of a built-in stage, which have no name for people, are not for programs of one's own.
  const forPeople = dataset.files.filter((file) => file.public_name !== '')
  const candidates = [csv, forPeople].find((files) => files.length > 0) ?? dataset.files
  const [file] = candidates
  if (file === undefined) throw new OnclockError('STAGE_FAILED', `the dataset ${named} has no file`)
  if (candidates.length > 1)
    throw new OnclockError('CONFIG_INVALID', `the dataset ${named} comes in ${candidates.length} files`, {
      hint: 'A stage of your own takes datasets of one file.',
    })
  if (!existsSync(file.path)) throw new OnclockError('OUTPUT_ALTERED', `a file of the dataset ${named} is gone`)
  return { path: file.path, shown: file.public_name, rows: file.rows }
}

function projectPath(projectDir: string, path: string): string {
  const inside = relative(projectDir, path)
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside.split(sep).join('/')
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(text)
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
