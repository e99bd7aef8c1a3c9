import { readdir, readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createOnce } from './create-once.ts'

const DEFAULT_OUTPUT_DIR = 'data/output'

/** Notes where a pipeline puts its runs, so that `ls` finds those of pipelines with an output folder of their own. */
export async function rememberOutputDir(projectDir: string, outputDir: string): Promise<void> {
  if (outputDir === DEFAULT_OUTPUT_DIR) return
  const name = createHash('sha256').update(outputDir).digest('hex').slice(0, 16)
  await createOnce(join(projectDir, '.onclock', 'output-dirs', name), outputDir)
}

/** Every output folder that runs of this project went to, relative to the project as written. */
export async function outputDirs(projectDir: string): Promise<string[]> {
  const folder = join(projectDir, '.onclock', 'output-dirs')
  const names = await readdir(folder).catch(() => [])
  const others = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return [DEFAULT_OUTPUT_DIR, ...others.sort()]
}
