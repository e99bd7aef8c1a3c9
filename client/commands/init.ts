import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { packageRoot, packageVersion } from '../../activities/package-root.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { writeEditorSchema } from '../project/editor-schema.ts'
import { fitColumns } from '../scaffold/fit-columns.ts'
import { pipelineText } from '../scaffold/pipeline-text.ts'
import { projectFiles, SAMPLE_CSV, SAMPLE_TYPES } from '../scaffold/project-files.ts'
import { writeNew } from '../scaffold/write-new.ts'

export interface InitOptions {
  readonly input?: string
}

const SAMPLE = 'data/input.csv'

/** Makes a project in the folder where it is typed. Nothing that is there is overwritten without `--yes`. */
export async function init(context: CommandContext, options: InitOptions): Promise<CommandResult> {
  // Not the project above: a new one is made where one stands.
  const folder = context.cwd
  if (existsSync(join(folder, 'config', 'main.yaml')) && !context.yes)
    throw new OnclockError('USAGE', 'config/main.yaml is there already', {
      hint: 'Go to an empty folder, or replace it with --yes.',
    })
  await mkdir(folder, { recursive: true })
  const input = options.input === undefined ? null : resolve(context.cwd, options.input)
  const sample =
    input === null ? await writeNew(folder, [{ path: SAMPLE, text: SAMPLE_CSV }], { replace: false }) : { written: [], kept: [] }
  const file = input ?? join(folder, SAMPLE)
  const seen = await fitColumns(file, options.input ?? SAMPLE)
  const fitted =
    sample.written.length === 0
      ? seen
      : { ...seen, columns: seen.columns.map((column) => ({ ...column, type: SAMPLE_TYPES[column.name] ?? column.type })) }
  const name = projectName(folder)
  const title = input === null ? name : titleOf(input, name)
  const pipeline = { path: 'config/main.yaml', text: pipelineText({ name: title, inputFile: asWritten(folder, file), fitted }) }
  const { written, kept } = await writeNew(folder, [pipeline, ...projectFiles(name, dependency())], { replace: context.yes })
  await writeEditorSchema(folder)
  const all = [...sample.written, ...written]
  return {
    json: { folder, written: all, kept: [...sample.kept, ...kept], columns: fitted.columns, dialect: fitted.look.dialect },
    text: () => all.join('\n'),
    notes: [
      ...kept.map((path) => `${path} was there already and is as it was`),
      ...fitted.look.warnings.map((warning) => `! ${warning}`),
      ...nextSteps(context, folder),
    ],
  }
}

function nextSteps({ cwd }: CommandContext, folder: string): string[] {
  const there = relative(cwd, folder)
  const go = there === '' ? '' : `cd ${there} && `
  return [`Next: ${go}npm install && npx onclock run`]
}

/** A file of the project by its place in it, so that the project can move; any other by its full path. */
function asWritten(folder: string, file: string): string {
  const path = relative(folder, file)
  return path.startsWith('..') ? file : path.split(sep).join('/')
}

function projectName(folder: string): string {
  return (
    basename(folder)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '') || 'my-pipeline'
  )
}

/** The file's own name, unless it is one that says nothing. */
function titleOf(input: string, project: string): string {
  const title = basename(input)
    .replace(/(?:\.(?:csv|tsv|txt))?(?:\.(?:gz|zst|zip))?$/i, '')
    .replace(/[^\p{L}\p{N}]*[*?{[][^]*$/u, '')
  return /^(?:input|data|export|file)?$/i.test(title) ? project : title
}

/** A clone is depended on where it lies; an installed package by its version. */
function dependency(): string {
  return basename(dirname(packageRoot)) === 'node_modules' ? `^${packageVersion}` : `file:${packageRoot}`
}
