import { diffRuns, type StageDiff } from '../../activities/diff/diff-runs.ts'
import type { MovedRows, RowSide } from '../../activities/diff/diff-stage.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { RunRecord } from '../../pipeline/record.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { findRun, type FoundRun } from '../project/find-run.ts'
import { nameStage } from '../project/name-stage.ts'
import { rulesByStage } from '../project/rules-by-stage.ts'
import { withConnection } from '../project/with-database.ts'
import { runDiffView } from '../views/run-diff-view.ts'
import { recordOf } from './show.ts'

export interface DiffOptions {
  readonly stage?: string
  readonly limit?: number
  readonly exitCode?: boolean
}

const EXAMPLES = 3
const DIFFERENCES = 7

/** Which rows went another way in the second run than in the first, and because of which rule. Reads files only. */
export async function diff(context: CommandContext, first: string, second: string, options: DiffOptions): Promise<CommandResult> {
  const runs = [await endedRun(context, first), await endedRun(context, second)] as const
  const records = [recordOf(runs[0]), recordOf(runs[1])] as const
  const only = stageOf(records, options.stage)
  return withConnection(context, async (connection) => {
    const stages = await diffRuns(connection, runs, { limit: options.limit ?? EXAMPLES, only })
    const differ = stages.some(differs)
    const rules = [await rulesOf(runs[0]), await rulesOf(runs[1])] as const
    return {
      exit: options.exitCode === true && differ ? DIFFERENCES : 0,
      json: {
        was: { run_id: runs[0].runId, status: records[0].status },
        now: { run_id: runs[1].runId, status: records[1].status },
        differ,
        stages: stages.map(stageJson),
      },
      text: runDiffView({ records, stages, rules }),
    }
  })
}

/** A run whose rows stay as they are. @throws OnclockError RUN_STATE for one that has not ended. */
async function endedRun({ projectDir }: CommandContext, named: string): Promise<FoundRun> {
  const found = await findRun(projectDir, named)
  if (recordOf(found).ended_at !== null) return found
  throw new OnclockError('RUN_STATE', `run ${found.runId} has not ended: its rows are not all there`, {
    hint: `Wait for its end: onclock watch ${found.runId}`,
  })
}

function stageOf(records: readonly [RunRecord, RunRecord], named: string | undefined): string | null {
  const [was, now] = records.map(({ stages }) => stages.map(({ name }) => name)) as [string[], string[]]
  if (!was.some((name) => now.includes(name)))
    throw new OnclockError('USAGE', `runs ${records[0].run_id} and ${records[1].run_id} have no stage in common`, {
      hint: 'Rows are compared stage by stage, by the names of the stages.',
    })
  return named === undefined ? null : nameStage([...new Set([...now, ...was])], named, 'the two runs')
}

async function rulesOf({ store, runId }: FoundRun): Promise<ReturnType<typeof rulesByStage>> {
  return rulesByStage((await store.generations(runId)).at(-1)?.pipeline.stages ?? [])
}

/** Whether rows went another way, have other cells, or cannot be compared. */
function differs({ rows }: StageDiff): boolean {
  if (rows === 'same files') return false
  if ('notCompared' in rows) return !rows.notCompared.startsWith('no table')
  return rows.moved.length + rows.altered + rows.columnsAdded.length + rows.columnsRemoved.length > 0
}

function stageJson({ stage, changes, was, now, rows }: StageDiff): object {
  const base = { stage, changes, was, now }
  if (rows === 'same files') return { ...base, compared: 'same files', moved: [], altered: 0 }
  if ('notCompared' in rows) return { ...base, compared: null, not_compared: rows.notCompared }
  return {
    ...base,
    compared: rows.matchedBy,
    moved: rows.moved.map(movedJson),
    altered: rows.altered,
    columns_added: rows.columnsAdded,
    columns_removed: rows.columnsRemoved,
  }
}

function movedJson({ was, now, rows, examples }: MovedRows): object {
  return {
    was: sideJson(was),
    now: sideJson(now),
    rows,
    examples: examples.map(({ side, row }) => ({ stopped_in: side, ...row })),
  }
}

const sideJson = ({ outcome, rule }: RowSide): object => ({ outcome, rule })
