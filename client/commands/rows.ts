import { findRows, type FoundRows } from '../../activities/left-out/find-rows.ts'
import { flaggedRows } from '../../activities/left-out/flagged-rows.ts'
import { type LeftOutRow, readLeftOut } from '../../activities/left-out/read-left-out.ts'
import { type StageRows, stageRows } from '../../activities/store/stage-rows.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { RunRecord } from '../../pipeline/record.ts'
import { didYouMean } from '../../pipeline/suggest.ts'
import type { CommandContext, CommandResult, StreamItem } from '../command.ts'
import { findRun } from '../project/find-run.ts'
import { lendDatabase, withConnection } from '../project/with-database.ts'
import { leftOutView, type RowGroup } from '../views/left-out-view.ts'
import { rowTraceView } from '../views/row-trace-view.ts'
import { entryOf, recordOf } from './show.ts'

export interface RowsOptions {
  readonly rejected?: boolean
  readonly filtered?: boolean
  readonly duplicates?: boolean
  readonly flagged?: boolean
  readonly rule?: string
  readonly stage?: string
  readonly limit?: number
  readonly find?: string
}

type Kind = RowGroup['kind']

const KINDS: readonly Kind[] = ['rejected', 'filtered', 'duplicates', 'flagged']
const ROWS_SHOWN = 10
const ROWS_FOLLOWED = 5

/** The rows of a run that did not come through, or one row on its way through all stages. Reads files only. */
export async function rows(context: CommandContext, named: string | undefined, options: RowsOptions): Promise<CommandResult> {
  const found = await findRun(context.projectDir, named)
  const record = recordOf(found)
  const stages = await stageRows(found.store, found.runId)
  if (options.find !== undefined) return follow(context, { runId: found.runId, stages }, options)
  const stage = options.stage === undefined ? null : entryOf(record, options.stage).name
  const chosen: Chosen = {
    stages: stages.filter(({ name }) => stage === null || name === stage),
    kinds: kindsOf(options),
    rule: options.rule,
  }
  if (context.json) return { stream: eachRow(chosen, options.limit ?? Infinity) }
  const groups = await collect(chosen, options.limit ?? ROWS_SHOWN)
  return {
    text: leftOutView(groups),
    notes: [...(groups.length === 0 ? nothingNotes(chosen, found.runId) : []), ...unaccounted(chosen.stages, record)],
  }
}

interface Chosen {
  readonly stages: readonly StageRows[]
  readonly kinds: readonly Kind[]
  readonly rule: string | undefined
}

/** Without a choice: whatever did not come through. Flagged rows did. */
function kindsOf(options: RowsOptions): readonly Kind[] {
  const chosen = KINDS.filter((kind) => options[kind] === true)
  return chosen.length > 0 ? chosen : KINDS.filter((kind) => kind !== 'flagged')
}

/** A stage's rows of one kind, read as they are asked for. */
interface Source {
  readonly stage: StageRows
  readonly kind: Kind
  /** How many there are, where that is known beforehand. */
  readonly total: number | null
  readonly read: () => AsyncIterable<LeftOutRow>
}

function sourcesOf({ stages, kinds, rule }: Chosen): Source[] {
  return stages.flatMap((stage) =>
    kinds.flatMap((kind): Source[] => {
      if (kind === 'flagged')
        return stage.flagRules.length === 0 ? [] : [{ stage, kind, total: null, read: () => flagged(stage, rule) }]
      return stage.leftOut
        .filter((file) => file.kind === kind)
        .map(({ path, rows }) => ({
          stage,
          kind,
          total: rule === undefined ? rows : null,
          read: () => readLeftOut(path, rule === undefined ? {} : { rule }),
        }))
    }),
  )
}

/** They lie in the Parquet copy of the output, so that they alone need DuckDB. */
async function* flagged(stage: StageRows, rule: string | undefined): AsyncGenerator<LeftOutRow> {
  const lent = await lendDatabase()
  const connection = await lent.database.connect()
  try {
    yield* flaggedRows(connection, stage, rule)
  } finally {
    connection.closeSync()
    await lent.close()
  }
}

async function* eachRow(chosen: Chosen, limit: number): AsyncGenerator<StreamItem> {
  for (const { stage, read } of sourcesOf(chosen)) {
    let number = 0
    for await (const row of read()) {
      yield { json: { stage: stage.name, ...row }, text: () => '' }
      number += 1
      if (number >= limit) break
    }
  }
}

async function collect(chosen: Chosen, limit: number): Promise<RowGroup[]> {
  const groups: RowGroup[] = []
  for (const { stage, kind, total, read } of sourcesOf(chosen)) {
    const first: LeftOutRow[] = []
    let number = 0
    for await (const row of read()) {
      number += 1
      if (first.length < limit) first.push(row)
      else if (total !== null) break
    }
    const group = { stage: stage.name, kind, rows: first, total: total ?? number, rules: stage.rules, failed: !stage.committed }
    if (number > 0) groups.push(group)
  }
  return groups
}

function nothingNotes({ kinds, rule }: Chosen, runId: string): string[] {
  const of = rule === undefined ? '' : ` by a rule "${rule}"`
  return [`No row of run ${runId} was ${kinds.map(past).join(' or ')}${of}.`, `onclock show ${runId} lists what left rows out.`]
}

const past = (kind: Kind): string => (kind === 'duplicates' ? 'a duplicate' : kind)

function unaccounted(stages: readonly StageRows[], record: RunRecord): string[] {
  const names = stages
    .filter(({ name, committed }) => committed && record.stages.find((stage) => stage.name === name)?.rows === null)
    .map(({ name }) => name)
  return names.length === 0 ? [] : [`not accounted: ${names.join(', ')}; what such a stage leaves out is not told`]
}

interface Run {
  readonly runId: string
  readonly stages: readonly StageRows[]
}

/** `--find 'column=value'`. Finding nothing is an answer: exit 0, and what was looked through. */
async function follow(context: CommandContext, { runId, stages }: Run, options: RowsOptions): Promise<CommandResult> {
  const { column, value } = questionOf(options)
  return withConnection(context, async (connection) => {
    const found = await findRows(connection, stages, { column, value, limit: options.limit ?? ROWS_FOLLOWED })
    if (found.matches === 0) requireColumn(found, column, runId)
    const { columns: _columns, ...answer } = found
    return {
      json: { run_id: runId, column, value, ...answer },
      text: rowTraceView(
        found,
        { runId, column, value },
        (name) => stages.find((stage) => stage.name === name)?.rules ?? new Map(),
      ),
    }
  })
}

/** A row is followed through all stages and kinds. */
function questionOf({ find = '', limit: _limit, ...others }: RowsOptions): { column: string; value: string } {
  const narrowing = Object.keys(others)
  if (narrowing.length > 0)
    throw new OnclockError('USAGE', `--find follows a row through every stage: it does not go with --${narrowing.join(', --')}`)
  const at = find.indexOf('=')
  if (at > 0) return { column: find.slice(0, at), value: find.slice(at + 1) }
  throw new OnclockError('USAGE', `--find is written 'column=value'`, {
    hint: "For example --find 'video_id=7506832682593094928'.",
  })
}

function requireColumn({ columns }: FoundRows, column: string, runId: string): void {
  if (columns.length === 0 || columns.includes(column)) return
  const hint = didYouMean(column, columns) ?? `The columns are ${columns.join(', ')}.`
  throw new OnclockError('USAGE', `no stage of run ${runId} has a column "${column}"`, { hint })
}
