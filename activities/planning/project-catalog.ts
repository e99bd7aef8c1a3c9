import { existsSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { ConfigCheck, ConfigRequest, ModuleResolution, StageCatalog } from '../../pipeline/catalog.ts'
import { configIssues } from '../../pipeline/config-issues.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import { suggest } from '../../pipeline/suggest.ts'
import { loadOwnSchemas } from '../modules/own-catalog.ts'
import { builtinStages, findBuiltin } from '../stages/registry.ts'

export interface CatalogOptions {
  /** Whether code of the project may run (in a guarded child process) to learn the schemas of its own stages. */
  readonly code: boolean
}

/** The stages of a project: the built-in ones, and files of its own by path or dotted name. */
export function createProjectCatalog(projectDir: string, options: CatalogOptions): StageCatalog {
  return {
    resolve: (module) => resolveModule(projectDir, module),
    check: async (requests) => {
      const own = requests.filter((request) => request.kind === 'typescript')
      const ownChecks = options.code && own.length > 0 ? await loadOwnSchemas(projectDir, own) : []
      return Promise.all(
        requests.map(async (request) => {
          if (request.kind === 'builtin') return checkBuiltin(projectDir, request)
          return ownChecks[own.indexOf(request)] ?? { config: request.config, issues: [], files: [] }
        }),
      )
    },
  }
}

/** The kind is told by the name: a bare word is a built-in, a slash or an ending a path, a dot a Python module. */
function resolveModule(projectDir: string, module: string): ModuleResolution {
  const builtin = findBuiltin(module)
  if (builtin !== undefined && (builtin.name === module || pythonFile(projectDir, module) === null))
    return { found: true, kind: 'builtin', module: builtin.name }
  if (/\.[cm]?[jt]s$/.test(module) || module.includes('/')) return resolvePath(projectDir, module)
  if (module.includes('.')) return resolvePython(projectDir, module)
  const names = builtinStages.map((stage) => stage.name)
  const near = suggest(module, names)
  return {
    found: false,
    message: `no built-in stage is called "${module}"`,
    hint:
      near === null
        ? `Built in are ${names.join(', ')}; a stage of one's own is a path such as stages/score.ts.`
        : `Did you mean "${near}"?`,
  }
}

function resolvePath(projectDir: string, module: string): ModuleResolution {
  const path = resolve(projectDir, module)
  if (!existsSync(path) || !statSync(path).isFile())
    return { found: false, message: `there is no file ${module}`, hint: 'Paths of modules start at the project folder.' }
  const inside = relative(realpathSync(projectDir), realpathSync(path))
  if (inside.startsWith('..') || isAbsolute(inside))
    return {
      found: false,
      message: `${module} lies outside the project`,
      hint: 'Code must lie in the project folder; data may be anywhere.',
    }
  if (!/\.[cm]?[jt]s$/.test(module))
    return {
      found: false,
      message: `${module} is not a .ts or .js file`,
      hint: 'A Python stage is written as a dotted name, src.score; anything else as a command.',
    }
  return { found: true, kind: 'typescript', module: inside.split(sep).join('/') }
}

function resolvePython(projectDir: string, module: string): ModuleResolution {
  if (pythonFile(projectDir, module) !== null) return { found: true, kind: 'python', module }
  return {
    found: false,
    message: `there is no Python module ${module}`,
    hint: `It would be the file ${module.replaceAll('.', '/')}.py in the project folder.`,
  }
}

function pythonFile(projectDir: string, module: string): string | null {
  const base = join(projectDir, ...module.split('.'))
  return [`${base}.py`, join(base, '__init__.py')].find((path) => existsSync(path)) ?? null
}

async function checkBuiltin(projectDir: string, request: ConfigRequest): Promise<ConfigCheck> {
  const stage = findBuiltin(request.module)
  if (stage === undefined) throw new Error(`not a built-in: ${request.module}`)
  const parsed = stage.schema.safeParse(request.config)
  if (!parsed.success) {
    const issues = configIssues(parsed.error, request.config, stage.schema)
    return {
      config: request.config,
      issues: [...issues, ...((await stage.checkParts?.(request.config, projectDir)) ?? [])],
      files: [],
    }
  }
  const issues = (await stage.check?.(parsed.data, projectDir)) ?? []
  const broken = issues.some((issue) => issue.severity !== 'warning')
  const files = broken ? [] : (stage.files?.(parsed.data, projectDir) ?? [])
  return { config: parsed.data as JsonObject, issues, files }
}
