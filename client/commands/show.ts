import { OnclockError } from '../../pipeline/errors.ts'
import type { RunRecord } from '../../pipeline/record.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { type FoundRun, findRun } from '../project/find-run.ts'
import { interruptedNotes } from '../project/interrupted-notes.ts'
import { nameStage } from '../project/name-stage.ts'
import { readMetadata, summariseRun } from '../project/run-summary.ts'
import { runSummaryView } from '../views/run-summary-view.ts'
import { stageEntryView } from '../views/stage-entry-view.ts'

/** A run, or one stage of it, from what is on file. `show STAGE` means that stage of the newest run. */
export async function show(context: CommandContext, named?: string, stage?: string): Promise<CommandResult> {
  const { found, stageName } = await runAndStage(context, named, stage)
  const record = recordOf(found)
  if (stageName === undefined)
    return {
      json: record,
      text: runSummaryView(await summariseRun(context, found, record, null)),
      notes: await interruptedNotes(context, record.status === 'running' ? [record.run_id] : []),
    }
  const entry = entryOf(record, stageName)
  const metadata = await readMetadata(found.store.layout(found.runId).dir, record.stages.indexOf(entry) + 1, found.runId)
  const { directory } = await summariseRun(context, found, record, null)
  return { json: { run_id: record.run_id, ...entry, metadata }, text: stageEntryView(record.run_id, entry, metadata, directory) }
}

async function runAndStage(
  { projectDir }: CommandContext,
  named: string | undefined,
  stage: string | undefined,
): Promise<{ found: FoundRun; stageName: string | undefined }> {
  try {
    return { found: await findRun(projectDir, named), stageName: stage }
  } catch (error) {
    if (!(error instanceof OnclockError) || error.code !== 'RUN_NOT_FOUND' || stage !== undefined) throw error
    const newest = await findRun(projectDir).catch(() => null)
    if (newest?.record?.stages.some(({ name }) => name === named)) return { found: newest, stageName: named }
    throw error
  }
}

/** The record of a run that has one. @throws OnclockError RUN_NOT_FOUND when the run ended before it was planned. */
export function recordOf(found: FoundRun): RunRecord {
  if (found.record !== null) return found.record
  throw new OnclockError('RUN_NOT_FOUND', `run ${found.runId} has no plan on file: it is just starting, or was stopped before`, {
    hint: `onclock watch ${found.runId}`,
  })
}

/** The stage of a run that was named, or named in part. @throws OnclockError STAGE_NOT_FOUND. */
export function entryOf(record: RunRecord, named: string): RunRecord['stages'][number] {
  const names = record.stages.map((stage) => stage.name)
  const name = nameStage(names, named, `run ${record.run_id}`)
  const entry = record.stages.find((stage) => stage.name === name)
  if (entry === undefined) throw new Error('a stage that was found is gone')
  return entry
}
