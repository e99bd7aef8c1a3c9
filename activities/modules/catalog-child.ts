// Runs in a guarded process of its own, see own-catalog.ts: it imports code of the project, which may do anything.
import { appendFileSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import type { ConfigCheck, ConfigIssue } from '../../pipeline/catalog.ts'
import { OnclockError, messageOf } from '../../pipeline/errors.ts'
import { canonicalJson, type JsonObject } from '../../pipeline/json.ts'
import type { CatalogAnswer, CatalogQuestion, OwnModuleDescription } from './catalog-messages.ts'
import type { DefinedStage } from './defined-stage.ts'
import { type LoadedStage, loadStage } from './load-stage.ts'
import { findModuleFile } from './project-module.ts'
import { checkConfig, ENGINE_KEYS } from './stage-config.ts'

const [, , questionFile = '', answerFile = ''] = process.argv
const question = JSON.parse(readFileSync(questionFile, 'utf8')) as CatalogQuestion

type Request = CatalogQuestion['requests'][number]

function answer(line: CatalogAnswer): void {
  appendFileSync(answerFile, `${JSON.stringify(line)}\n`)
}

async function check(request: Request): Promise<CatalogAnswer> {
  const { at, config } = request
  const issue = (message: string, hint: string | null): CatalogAnswer => {
    const issues: ConfigIssue[] = [{ path: [], code: 'module_invalid', message, hint }]
    return { kind: 'checked', at, check: { config, issues, files: [] }, described: null }
  }
  try {
    const loaded = await load(request)
    return { kind: 'checked', at, check: await checkLoaded(loaded, config), described: describe(loaded) }
  } catch (error) {
    return issue(messageOf(error), error instanceof OnclockError ? (error.hint ?? null) : null)
  }
}

const loading = new Map<string, Promise<LoadedStage>>()

/** Each module is imported once, however many stages of the pipeline use it. */
function load(request: Request): Promise<LoadedStage> {
  const key = `${request.module}#${request.function}`
  const file = findModuleFile(question.projectDir, 'typescript', request.module)
  const loaded = loading.get(key) ?? loadStage(question.projectDir, { ...request, file })
  loading.set(key, loaded)
  return loaded
}

async function checkLoaded(loaded: LoadedStage, config: JsonObject): Promise<ConfigCheck> {
  const schema = loaded.form === 'defined' ? loaded.stage.config : null
  if (schema === null) return { config, issues: [], files: [] }
  const checked = await checkConfig(schema, config)
  if (!checked.ok) return { config, issues: checked.issues, files: [] }
  return { config: await withDefaults(schema, config, checked.config), issues: [], files: [] }
}

/**
 * The config with defaults filled in, since the schema is applied again when the stage runs: only where a second time gives
 * the same. A schema that turns values into others leaves the config as it was written.
 */
async function withDefaults(schema: z.ZodType, config: JsonObject, parsed: unknown): Promise<JsonObject> {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return config
  const kept = Object.fromEntries(Object.entries(config).filter(([key]) => ENGINE_KEYS.includes(key)))
  const filled = JSON.parse(JSON.stringify({ ...kept, ...parsed })) as JsonObject
  const again = await checkConfig(schema, filled)
  return again.ok && canonicalJson({ ...kept, ...(again.config as object) }) === canonicalJson(filled) ? filled : config
}

function describe(loaded: LoadedStage): OwnModuleDescription {
  if (loaded.form === 'function') return { form: 'function', summary: null, rows: null, inputs: [], outputs: [], schema: null }
  const { summary, rows, inputs, outputs } = loaded.stage
  return { form: 'defined', summary, rows, inputs, outputs, schema: jsonSchema(loaded.stage) }
}

function jsonSchema(stage: DefinedStage): JsonObject | null {
  if (stage.config === null) return null
  try {
    return z.toJSONSchema(stage.config, { io: 'input', unrepresentable: 'any' }) as JsonObject
  } catch {
    return null
  }
}

for (const request of question.requests) {
  answer({ kind: 'loading', module: request.module })
  answer(await check(request))
}
// Whatever a module left running is not waited for.
process.exit(0)
