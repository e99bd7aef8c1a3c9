import { join } from 'node:path'
import type { CommitRecord, CommittedFile } from '../../pipeline/record.ts'
import { hashFile } from './hash-file.ts'

/** The first file of a commit that is gone or has other bytes than its record says; null: all are as they were committed. */
export async function alteredOutput(runDir: string, record: CommitRecord): Promise<CommittedFile | null> {
  for (const file of record.outputs) if ((await hashFile(join(runDir, file.path))) !== file.sha256) return file
  return null
}
