import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'
import { suggest } from '../../pipeline/suggest.ts'
import { yamlFiles } from './find-project.ts'

/**
 * The pipeline file that was meant, relative to the project: a path (from where the command was typed), or a name in the
 * project's `config/`. `main` unless named.
 * @throws OnclockError FILE_NOT_FOUND with the nearest name.
 */
export function findPipeline(place: { readonly cwd: string; readonly projectDir: string }, named = 'main'): string {
  const { cwd, projectDir } = place
  const isPath = /\.ya?ml$/.test(named) || named.includes('/') || named.includes(sep)
  const inConfig = join(projectDir, 'config', named)
  const candidates = isPath
    ? [resolve(cwd, named), resolve(projectDir, named), inConfig]
    : [`${inConfig}.yaml`, `${inConfig}.yml`]
  const found = candidates.find((path) => existsSync(path) && statSync(path).isFile())
  if (found !== undefined) return relative(projectDir, found).split(sep).join('/')
  if (candidates.some((path) => existsSync(path)))
    throw new OnclockError('FILE_NOT_FOUND', `${named} is a folder, not a pipeline file`, { hint: 'Name a .yaml file in it.' })
  throw missing(projectDir, named, isPath)
}

/** The pipelines of a project by name: YAML files in `config/` that have a `pipeline:`; others there are rules or profiles. */
export function pipelineNames(projectDir: string): string[] {
  const folder = join(projectDir, 'config')
  return yamlFiles(folder)
    .filter((name) => /^\s{0,8}["']?pipeline["']?\s*:/m.test(readFileSync(join(folder, name), 'utf8')))
    .map((name) => name.replace(/\.ya?ml$/, ''))
}

function missing(projectDir: string, named: string, isPath: boolean): OnclockError {
  const names = pipelineNames(projectDir)
  const what = isPath
    ? `there is no pipeline file ${named}`
    : `there is no pipeline "${named}": no config/${named}.yaml in ${projectDir}`
  if (names.length === 0)
    return new OnclockError('FILE_NOT_FOUND', what, {
      hint: 'Make a project here with `onclock init`, or name the project folder with -C DIR.',
    })
  const near = suggest(named.replace(/^.*\//, '').replace(/\.ya?ml$/, ''), names)
  const hint = near === null ? `Pipelines of this project: ${names.join(', ')}.` : `Did you mean "${near}"?`
  return new OnclockError('FILE_NOT_FOUND', what, { hint })
}
