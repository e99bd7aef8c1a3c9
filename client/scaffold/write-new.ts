import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isCode } from '../../activities/store/create-once.ts'

export interface NewFile {
  /** Relative to the project. */
  readonly path: string
  readonly text: string
}

/** Writes files that are not there yet; others are left as they are unless told to replace them. Returns who was written. */
export async function writeNew(
  projectDir: string,
  files: readonly NewFile[],
  { replace }: { readonly replace: boolean },
): Promise<{ readonly written: readonly string[]; readonly kept: readonly string[] }> {
  const written: string[] = []
  const kept: string[] = []
  for (const { path, text } of files) {
    const target = join(projectDir, path)
    await mkdir(dirname(target), { recursive: true })
    try {
      await writeFile(target, text, { flag: replace ? 'w' : 'wx' })
      written.push(path)
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error
      kept.push(path)
    }
  }
  return { written, kept }
}
