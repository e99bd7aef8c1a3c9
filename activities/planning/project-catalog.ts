import { existsSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { ConfigCheck, ConfigIssue, ConfigRequest, ModuleResolution, StageCatalog } from '../../pipeline/catalog.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import { suggest } from '../../pipeline/suggest.ts'
import { loadOwnSchemas } from '../modules/own-catalog.ts'
import { type AnyBuiltinStage, builtinStages, findBuiltin } from '../stages/registry.ts'

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
  if (!parsed.success)
    return { config: request.config, issues: parsed.error.issues.flatMap((issue) => issueOf(stage, issue)), files: [] }
  const issues = (await stage.check?.(parsed.data, projectDir)) ?? []
  const broken = issues.some((issue) => issue.severity !== 'warning')
  const files = broken ? [] : (stage.files?.(parsed.data, projectDir) ?? [])
  return { config: parsed.data as JsonObject, issues, files }
}

interface SchemaIssue {
  readonly code?: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
  readonly errors?: readonly (readonly SchemaIssue[])[]
}

/** Zod's issues in our words: one for each unknown key, and for a choice of forms the faults of the form that fits best. */
function issueOf(stage: AnyBuiltinStage, issue: SchemaIssue): ConfigIssue[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(stage, path)
    return (issue.keys ?? []).map((key) => {
      const near = suggest(key, known)
      const hint = near === null ? (known.length > 0 ? `Known keys: ${known.join(', ')}.` : null) : `Did you mean "${near}"?`
      return { path: [...path, key], code: 'unknown_key', message: `unknown key "${key}"`, hint }
    })
  }
  if (issue.code === 'invalid_union' && issue.errors !== undefined && issue.errors.length > 0) {
    const best = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? []
    if (depth(best) > 0 || best.some((inner) => inner.code === 'unrecognized_keys'))
      return best.flatMap((inner) => issueOf(stage, { ...inner, path: [...issue.path, ...inner.path] }))
  }
  return [{ path, code: issue.code ?? 'bad_value', message: lowerFirst(issue.message), hint: null }]
}

/** How far down the value a form got before it failed: the deepest is the one that was meant. */
function depth(issues: readonly SchemaIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length))
}

function knownKeys(stage: AnyBuiltinStage, path: readonly (string | number)[]): string[] {
  interface Node {
    readonly shape?: { readonly [key: string]: Node }
    readonly element?: Node
    readonly valueType?: Node
    readonly options?: readonly Node[]
    readonly _zod?: { readonly def: { readonly innerType?: Node; readonly in?: Node; readonly getter?: () => Node } }
  }
  const open = (node: Node | undefined): Node[] => {
    if (node === undefined) return []
    if (node.shape !== undefined || node.element !== undefined || node.valueType !== undefined) return [node]
    if (node.options !== undefined) return node.options.flatMap(open)
    const def = node._zod?.def
    return open(def?.innerType ?? def?.in ?? def?.getter?.())
  }
  let nodes = open(stage.schema as unknown as Node)
  for (const part of path)
    nodes = nodes.flatMap((node) => open(typeof part === 'number' ? node.element : (node.shape?.[part] ?? node.valueType)))
  return [...new Set(nodes.flatMap((node) => Object.keys(node.shape ?? {})))]
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
