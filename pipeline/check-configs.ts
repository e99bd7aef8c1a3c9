import type { ConfigCheck, ConfigIssue, ConfigRequest, StageCatalog } from './catalog.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { OpenPipeline } from './open-pipeline.ts'
import type { StageDraft } from './read-stages.ts'
import { isMapping } from './open-pipeline.ts'

export interface CheckedConfigs {
  /** By stage name: completed by the schema of its module. */
  readonly configs: { readonly [stage: string]: JsonObject }
  readonly files: { readonly [stage: string]: readonly string[] }
}

/** Checks the configs of all modules in one call (two when keys beginning with `x-` have to be taken out) and reports what is wrong. */
export async function checkConfigs(
  { faults }: OpenPipeline,
  drafts: readonly StageDraft[],
  catalog: StageCatalog,
): Promise<CheckedConfigs> {
  const checkable = drafts.filter((draft) => draft.kind !== null && draft.kind !== 'command')
  const requests = checkable.map(requestOf)
  const checks = await withoutFreeKeys(catalog, requests, await catalog.check(requests))
  const configs: { [stage: string]: JsonObject } = {}
  const files: { [stage: string]: readonly string[] } = {}
  for (const draft of drafts) {
    const check = checks[checkable.indexOf(draft)]
    configs[draft.name] = check?.config ?? draft.config
    files[draft.name] = check?.files ?? []
    const issues = (check?.issues ?? []).filter((issue) => !draft.unresolved.some((path) => samePath(path, issue.path)))
    faults.addIssues([...draft.path, 'config'], issues, ` in stage "${draft.name}"`)
  }
  return { configs, files }
}

function requestOf(draft: StageDraft): ConfigRequest {
  return { kind: draft.kind ?? 'builtin', module: draft.module, function: draft.spec.function ?? 'run', config: draft.config }
}

/**
 * Only a schema can tell a key of its own from a key that is data, such as the name of a column: `x-` keys that a schema
 * refuses are free and taken out, all others stay.
 */
async function withoutFreeKeys(
  catalog: StageCatalog,
  requests: readonly ConfigRequest[],
  checks: readonly ConfigCheck[],
): Promise<ConfigCheck[]> {
  const free = checks.map((check) => check.issues.filter(isFree))
  const again = requests.flatMap((request, index) => {
    const paths = (free[index] ?? []).map((issue) => issue.path)
    return paths.length === 0
      ? []
      : [{ ...request, config: paths.reduce<JsonObject>((config, path) => without(config, path) as JsonObject, request.config) }]
  })
  const rechecked = again.length === 0 ? [] : [...(await catalog.check(again))]
  return checks.map((check, index) => ((free[index] ?? []).length === 0 ? check : (rechecked.shift() ?? check)))
}

function isFree(issue: ConfigIssue): boolean {
  return issue.code === 'unknown_key' && String(issue.path.at(-1)).startsWith('x-')
}

function without(value: JsonValue, path: readonly (string | number)[]): JsonValue {
  const [step, ...rest] = path
  if (Array.isArray(value)) return value.map((item: JsonValue, index) => (index === step ? without(item, rest) : item))
  if (!isMapping(value)) return value
  const entries = Object.entries(value).filter(([key]) => key !== step || rest.length > 0)
  return Object.fromEntries(entries.map(([key, item]) => [key, key === step ? without(item, rest) : item]))
}

const samePath = (a: readonly (string | number)[], b: readonly (string | number)[]): boolean =>
  a.length === b.length && a.every((step, index) => step === b[index])
