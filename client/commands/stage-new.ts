import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { stageSource, stageTest } from '../scaffold/stage-files.ts'
import { writeNew } from '../scaffold/write-new.ts'

/** Writes a TypeScript stage and its test into `stages/` of the project. */
export async function stageNew(context: CommandContext, name: string): Promise<CommandResult> {
  if (!/^[A-Za-z0-9][\w-]*$/.test(name))
    throw new OnclockError('USAGE', `"${name}" cannot name a stage file`, {
      hint: 'Use letters, digits, "_" and "-": onclock stage new my-stage',
    })
  const files = [
    { path: `stages/${name}.ts`, text: stageSource().replace('THIS-FILE', name).replace('my-stage', name) },
    { path: `stages/${name}.test.js`, text: stageTest(name) },
  ]
  const taken = files.find(({ path }) => existsSync(join(context.projectDir, path)))
  if (taken !== undefined && !context.yes)
    throw new OnclockError('USAGE', `${taken.path} is there already`, { hint: 'Take another name, or replace it with --yes.' })
  await writeNew(context.projectDir, files, { replace: context.yes })
  const written = files.map(({ path }) => relative(context.cwd, join(context.projectDir, path)))
  return {
    json: { files: written },
    text: () => written.join('\n'),
    notes: [`Test it: node --test ${written[1] ?? ''}`, `Use it in a pipeline as: module: stages/${name}.ts`],
  }
}
