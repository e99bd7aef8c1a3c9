import { stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'
import { SKIP_UPDATE } from '../../pipeline/messages.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { findRunOrId } from '../project/find-run.ts'
import { nameStage } from '../project/name-stage.ts'
import { askOpenRun } from '../temporal/ask-open-run.ts'

export interface SkipOptions {
  readonly output?: string
}

/** Goes on without a stage that is paused or waits, with a file in place of its output where one is given. */
export async function skip(context: CommandContext, named: string, stage: string, options: SkipOptions): Promise<CommandResult> {
  const found = await findRunOrId(context.projectDir, named)
  const names = 'store' in found ? (found.record?.stages ?? []).map(({ name }) => name) : []
  const name = names.length === 0 ? stage : nameStage(names, stage, `run ${found.runId}`)
  const output = options.output === undefined ? {} : { output: await fileNamed(context, options.output) }
  const answer = await askOpenRun(context, found, SKIP_UPDATE, { stage: name, ...output })
  return {
    json: answer,
    text: ({ colours }) => `${colours.green('✔')} ${answer.message}\n  watch it   onclock watch ${answer.run_id}`,
  }
}

/** As the worker finds it: relative to the project where it lies inside. */
async function fileNamed({ cwd, projectDir }: CommandContext, typed: string): Promise<string> {
  const path = resolve(cwd, typed)
  const found = await stat(path).catch(() => null)
  if (found === null) throw new OnclockError('FILE_NOT_FOUND', `there is no file ${typed} to put in place of the output`)
  if (!found.isFile()) throw new OnclockError('FILE_NOT_FOUND', `${typed} is a folder, not a file`)
  const inside = relative(projectDir, path)
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside
}
