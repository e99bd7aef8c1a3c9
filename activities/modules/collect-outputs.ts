import { lstat, readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { sealFile } from '../seal-file.ts'
import type { ProducedFile, StageContext } from '../stage.ts'
import { formatOf } from './bind-files.ts'

export interface CollectedOutputs {
  readonly outputs: readonly ProducedFile[]
  readonly warnings: readonly string[]
}

/**
 * Every file that a stage left in its folder, sealed: those in `named` (by absolute path) as the datasets
 * they are, the others by their own names. Names that begin with a dot are working files and stay behind.
 */
export async function collectOutputs(
  context: Pick<StageContext, 'outDir' | 'runId' | 'stageNumber'>,
  named: ReadonlyMap<string, string>,
): Promise<CollectedOutputs> {
  const outputs: ProducedFile[] = []
  const warnings: string[] = []
  for (const path of await filesBelow(context.outDir)) {
    const file = relative(context.outDir, path).split(sep).join('/')
    if (!(await lstat(path)).isFile()) {
      warnings.push(`${file} is not taken over: it is not a regular file`)
      continue
    }
    const dataset = named.get(path)
    const own = { file, dataset: datasetName(file, context.runId), publicName: distinctName(file, context.stageNumber) }
    outputs.push(await produced(path, dataset === undefined ? own : { file, dataset, publicName: file }))
  }
  return { outputs: outputs.sort((a, b) => Number(b.dataset === 'output') - Number(a.dataset === 'output')), warnings }
}

async function produced(path: string, names: Pick<ProducedFile, 'file' | 'dataset' | 'publicName'>): Promise<ProducedFile> {
  const format = formatOf(names.file)
  const { rows, bytes, sha256 } = await sealFile(path, format)
  return { ...names, format, rows, seal: { bytes, sha256 } }
}

/** `summary_20261124_020000.csv` is the dataset `summary`. */
function datasetName(file: string, runId: string): string {
  const stem = file.replace(/(?<=[^/])\.[^./]+$/, '')
  return stem.endsWith(`_${runId}`) ? stem.slice(0, -runId.length - 1) : stem
}

/** Two stages may leave a `summary.json`, and neither may take the place of the other's, or of `run.json`. */
function distinctName(file: string, stageNumber: number): string {
  const prefix = `stage${stageNumber}_`
  return file.startsWith(prefix) ? file : `${prefix}${file}`
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...(await filesBelow(path)))
    else found.push(path)
  }
  return found
}
