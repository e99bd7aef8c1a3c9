import { randomUUID } from 'node:crypto'
import { constants, copyFile, stat } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { OnclockError } from '../pipeline/errors.ts'
import { fingerprintOf } from '../pipeline/fingerprint.ts'
import type { ReplaceArgument } from '../pipeline/messages.ts'
import type { CommitRecord, CommittedFile } from '../pipeline/record.ts'
import type { Database } from './duckdb.ts'
import { createRunLog } from './run-log.ts'
import { sealFile } from './seal-file.ts'
import { sealOutputs } from './seal-outputs.ts'
import { generationTag, logPath } from './store/run-layout.ts'
import type { RunStore } from './store/run-store.ts'
import { rowsOf } from './write-output.ts'

const FORMATS: { readonly [extension: string]: CommittedFile['format'] } = {
  '.csv': 'csv',
  '.parquet': 'parquet',
  '.jsonl': 'jsonl',
  '.json': 'json',
}

interface Place {
  readonly projectDir: string
  readonly store: RunStore
  readonly database: () => Promise<Database>
}

/**
 * Commits a copy of a file as the output of a stage that a person skipped: hashed and its rows counted, no account of rows
 * kept. @throws OnclockError FILE_NOT_FOUND, INPUT_UNREADABLE
 */
export async function replaceOutput(
  { projectDir, store, database }: Place,
  argument: Omit<ReplaceArgument, 'output_dir'>,
): Promise<CommitRecord> {
  const { run_id: runId, stage, generation, file, reason } = argument
  const planned = (await store.readGeneration(runId, generation))?.plan.stages.find(({ name }) => name === stage)
  const meaning = (await store.readGeneration(runId, generation))?.meanings[stage] ?? {}
  if (planned === undefined) throw new OnclockError('STAGE_NOT_FOUND', `run ${runId} has no stage ${stage}`)
  const source = await sourceOf(projectDir, file)
  const extension = extname(file).toLowerCase()
  const format = FORMATS[extension] ?? 'other'
  const folder = await store.openAttempt(runId, stage, `${generationTag(generation)}_0_${randomUUID().slice(0, 8)}`)
  const name = basename(file)
  const publicName = `${stage.replaceAll(/\s+/g, '-')}_${runId}${extension}`
  await copyFile(source, join(folder, name), constants.COPYFILE_EXCL)
  const seal = await sealFile(join(folder, name), format)
  const rows = format === 'parquet' ? await parquetRows(await database(), join(folder, name), file) : seal.rows
  const outputs = await sealOutputs(store.layout(runId).dir, folder, [
    { dataset: 'output', file: name, publicName, format, rows, seal },
  ])
  const at = new Date().toISOString()
  const record = await store.commit({
    schema_version: 1,
    run_id: runId,
    stage,
    module: planned.module,
    generation,
    // No stage gives what a person gave: it is never taken for the same work.
    fingerprint: fingerprintOf({ stand_in: seal.sha256 }),
    meaning,
    reused_from: null,
    stand_in: reason,
    attempt: 0,
    started_at: at,
    ended_at: at,
    rows: null,
    inputs: [],
    outputs,
    warnings: [],
    metadata: { stand_in: reason },
  })
  await store.publish(record, planned.number)
  createRunLog(logPath(projectDir, runId), 'INFO', stage).warn(reason)
  return record
}

async function sourceOf(projectDir: string, file: string): Promise<string> {
  const path = resolve(projectDir, file)
  const found = await stat(path).catch(() => null)
  if (found === null) throw new OnclockError('FILE_NOT_FOUND', `there is no file ${file} to put in place of the output`)
  if (!found.isFile()) throw new OnclockError('FILE_NOT_FOUND', `${file} is a folder, not a file`)
  if (found.size === 0) throw new OnclockError('INPUT_UNREADABLE', `${file} is empty: it cannot stand for an output`)
  return path
}

async function parquetRows(database: Database, path: string, shown: string): Promise<number> {
  const connection = await database.connect()
  try {
    return (await rowsOf(connection, [path]))[0] ?? 0
  } catch (error) {
    throw new OnclockError('INPUT_UNREADABLE', `${shown} is not a Parquet file that can be read`, { cause: error })
  } finally {
    connection.closeSync()
  }
}
