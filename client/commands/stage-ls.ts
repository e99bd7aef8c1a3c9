import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { builtinStages } from '../../activities/stages/registry.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { table } from '../views/table.ts'

/** A stage that a pipeline can name as `module:`. */
export interface ListedStage {
  readonly module: string
  readonly kind: 'builtin' | 'typescript'
  readonly summary: string
}

/** The built-in stages, and the files in the project's `stages/`. Nothing of the project runs. */
export function stageLs({ projectDir }: CommandContext): Promise<CommandResult> {
  const stages: ListedStage[] = [
    ...builtinStages.map(({ name, summary }) => ({ module: name, kind: 'builtin' as const, summary })),
    ...ownStages(projectDir).map((module) => ({ module, kind: 'typescript' as const, summary: 'of this project' })),
  ]
  return Promise.resolve({
    json: stages,
    text: (page) => {
      const rows = stages.map((stage) => [{ text: stage.module, colour: page.colours.cyan }, { text: stage.summary }])
      return table([{ title: 'module' }, { title: 'what it does', shrinkTo: 20 }], rows, page).join('\n')
    },
    notes: ['onclock stage show MODULE lists every key of its config; onclock stage new NAME makes one of your own.'],
  })
}

function ownStages(projectDir: string): string[] {
  const folder = join(projectDir, 'stages')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /\.[cm]?[jt]s$/.test(name) && !/\.(?:test|spec|d)\.[cm]?[jt]s$/.test(name))
    .sort()
    .map((name) => `stages/${name}`)
}
