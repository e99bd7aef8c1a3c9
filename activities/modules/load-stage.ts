import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { tsImport } from 'tsx/esm/api'
import { OnclockError, messageOf } from '../../pipeline/errors.ts'
import { describeThrown } from './describe-thrown.ts'
import { type DefinedStage, isDefinedStage } from './defined-stage.ts'

export type LoadedStage =
  | { readonly form: 'defined'; readonly stage: DefinedStage }
  /** The original's form: a function that takes the config and returns whether all went well. */
  | { readonly form: 'function'; readonly run: (config: object) => unknown }

/** Imports a TypeScript or JavaScript file as it lies on the disk now and finds the stage in it. */
export async function loadStage(
  projectDir: string,
  { file, module, function: name }: { readonly file: string; readonly module: string; readonly function: string },
): Promise<LoadedStage> {
  const found = pick(await importFile(projectDir, file, module), name)
  if (isDefinedStage(found)) return { form: 'defined', stage: found }
  if (typeof found === 'function') return { form: 'function', run: found as (config: object) => unknown }
  throw new OnclockError('STAGE_MODULE_INVALID', `${module} exports no function "${name}"`, {
    hint:
      name === 'run'
        ? 'Export `run(config)`, or `export default defineStage({…})`.'
        : 'Is `function:` in the pipeline as it is in the file?',
  })
}

async function importFile(projectDir: string, file: string, module: string): Promise<unknown> {
  const tsconfig = join(projectDir, 'tsconfig.json')
  try {
    return await tsImport(pathToFileURL(file).href, {
      parentURL: import.meta.url,
      tsconfig: existsSync(tsconfig) ? tsconfig : false,
    })
  } catch (error) {
    throw new StageLoadError(module, error)
  }
}

/** Why a module cannot be loaded, in the words of whoever says so, which may be the module itself. */
export class StageLoadError extends OnclockError {
  readonly #module: string

  constructor(module: string, cause: unknown) {
    const message = messageOf(cause)
    // The first line: Node adds what required what, which is in the log.
    super('STAGE_MODULE_INVALID', `${module} cannot be loaded: ${message.split('\n')[0] ?? ''}`, {
      cause,
      ...(/Cannot find (?:package|module) 'onclock'/.test(message) ? { hint: 'Run `npm install onclock` in the project.' } : {}),
    })
    this.#module = module
  }

  /** The same for what travels: a module that reads data while it is imported may quote a cell in what it throws. */
  withoutItsWords(projectDir: string): string {
    const { cause } = this
    const ofNode =
      cause instanceof SyntaxError || (cause instanceof Error && ('code' in cause || cause.name === 'TransformError'))
    return ofNode ? this.message : `${this.#module} cannot be loaded: ${describeThrown(cause, projectDir)}`
  }
}

/**
 * The export of this name; for `run` a stage or function that is the default export serves too. A file that is CommonJS to
 * Node has all its exports in its default. A `DefinedStage` has a `run` of its own, which is not the one that is meant.
 */
function pick(exports: unknown, name: string): unknown {
  const standard = property(exports, 'default')
  const spaces = [exports, standard].filter((space) => !isDefinedStage(space))
  const candidates = spaces.map((space) => property(space, name))
  if (name === 'run') candidates.push(standard, property(standard, 'default'))
  return candidates.find((value) => typeof value === 'function' || isDefinedStage(value))
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value
    ? (value as { readonly [key: string]: unknown })[key]
    : undefined
}
