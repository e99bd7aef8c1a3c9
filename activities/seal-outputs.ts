import { join, relative } from 'node:path'
import type { CommittedFile } from '../pipeline/record.ts'
import { sealFile } from './seal-file.ts'
import type { ProducedFile } from './stage.ts'
import { syncFile } from './store/create-once.ts'

/** The files a stage handed over, as its record names them: relative to the run directory, with size and hash. */
export async function sealOutputs(runDir: string, outDir: string, produced: readonly ProducedFile[]): Promise<CommittedFile[]> {
  return Promise.all(
    produced.map(async (file) => {
      const path = join(outDir, file.file)
      const seal = file.seal ?? (await sealFile(path, 'other'))
      // A record that outlived a loss of power must not name files that did not.
      await syncFile(path)
      return {
        dataset: file.dataset,
        path: relative(runDir, path),
        public_name: file.publicName ?? '',
        format: file.format,
        rows: file.rows,
        bytes: seal.bytes,
        sha256: seal.sha256,
      }
    }),
  )
}
