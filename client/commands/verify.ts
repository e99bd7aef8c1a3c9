import { relative } from 'node:path'
import { type FileDifference, type Verification, verifyRun } from '../../activities/store/verify-run.ts'
import type { RunRecord } from '../../pipeline/record.ts'
import type { CommandContext, CommandResult, View } from '../command.ts'
import { findRun } from '../project/find-run.ts'
import { bytes, counted } from '../views/numbers.ts'
import { recordOf } from './show.ts'

const DIFFERENCES = 7

/** Hashes what a run has put out and compares it with its record. Reads files only. */
export async function verify(context: CommandContext, named: string | undefined): Promise<CommandResult> {
  const found = await findRun(context.projectDir, named)
  const record = recordOf(found)
  const verified = await verifyRun(found)
  const directory = relative(context.cwd, found.store.layout(found.runId).dir) || '.'
  return {
    exit: verified.differences.length === 0 ? 0 : DIFFERENCES,
    json: { run_id: found.runId, ...verified },
    text: verifiedView(record, verified, directory),
    notes: notesOf(record, verified),
  }
}

function verifiedView({ run_id: runId }: RunRecord, { files, bytes: size, differences }: Verification, directory: string): View {
  return ({ colours }) => {
    if (files === 0) return `run ${runId} has no outputs on record`
    const all = `${counted(files, 'file')} (${bytes(size)})`
    if (differences.length === 0) return `${colours.green('✔')} run ${runId}: ${all} as recorded`
    const lines = differences.map((difference) => `  ${colours.red('✖')} ${differenceWords(difference, directory)}`)
    return [`${colours.red('✖')} run ${runId}: ${differences.length} of ${all} not as recorded`, ...lines].join('\n')
  }
}

function differenceWords({ stage, path, problem, whole_in: whole }: FileDifference, directory: string): string {
  const elsewhere = whole === null ? '' : `; its bytes are whole in ${directory}/${whole}`
  return `${directory}/${path}  ${problem} (${stage})${elsewhere}`
}

function notesOf({ run_id: runId, status, ended_at: ended }: RunRecord, { differences }: Verification): string[] {
  const going = ended === null ? [`run ${runId} has not ended: only what it has committed so far was looked at`] : []
  if (differences.length === 0) return going
  const again = status === 'completed' ? `onclock run --reuse ${runId}` : `onclock resume ${runId}`
  return [...going, `what is lost is made again by: ${again}`]
}
