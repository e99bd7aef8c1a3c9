import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { logPath } from '../../activities/store/run-layout.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import { didYouMean } from '../../pipeline/suggest.ts'
import type { CommandContext, CommandResult, StreamItem } from '../command.ts'
import { type LogLine, parseLogLine } from '../follow/log-line.ts'
import { tailFile } from '../follow/tail-file.ts'
import { findRun, type FoundRun } from '../project/find-run.ts'
import { logLineView } from '../views/log-line-view.ts'

export interface LogsOptions {
  readonly stage?: string
  readonly follow?: boolean
}

const LOOK_EVERY_MS = 500

/** The log of a run as it is on file; with `-f` until the run ends. */
export async function logs(context: CommandContext, named: string | undefined, options: LogsOptions): Promise<CommandResult> {
  const found = await findRun(context.projectDir, named)
  if (options.stage !== undefined) requireStage(found, options.stage)
  const path = logPath(context.projectDir, found.runId)
  if (!existsSync(path)) {
    const hint = 'Its worker writes it; on another machine it lies there.'
    throw new OnclockError('FILE_NOT_FOUND', `run ${found.runId} has no log ${relative(context.cwd, path)} here`, { hint })
  }
  const stop = new AbortController()
  if (options.follow === true) void endWithRun(context.projectDir, found.runId, stop)
  else stop.abort()
  return { stream: items(path, options, stop.signal) }
}

async function* items(path: string, options: LogsOptions, stop: AbortSignal): AsyncGenerator<StreamItem> {
  let shown = true
  for await (const text of tailFile(path, { stop })) {
    const line = parseLogLine(text)
    // What follows a line of an attempt without a head of its own belongs to it.
    if (line.source !== null) shown = options.stage === undefined || line.source === options.stage
    if (shown) yield { json: jsonOf(line), text: logLineView(line) }
  }
}

function jsonOf({ text, ...line }: LogLine): object {
  return line.source === null ? { message: text } : line
}

/** Looks at the files only: whoever follows a log need not keep a server up. */
async function endWithRun(projectDir: string, runId: string, stop: AbortController): Promise<void> {
  for (;;) {
    const { record } = await findRun(projectDir, runId)
    if (record !== null && record.status !== 'running' && record.status !== 'paused') break
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  stop.abort()
}

function requireStage(found: FoundRun, stage: string): void {
  const names = found.record?.stages.map(({ name }) => name) ?? []
  if (names.length === 0 || names.includes(stage)) return
  const hint = didYouMean(stage, names) ?? `Its stages are ${names.join(', ')}.`
  throw new OnclockError('STAGE_NOT_FOUND', `run ${found.runId} has no stage "${stage}"`, { hint })
}
