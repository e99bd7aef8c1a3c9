import { readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConfigCheck, ConfigRequest } from '../../pipeline/catalog.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import { type GuardedExit, spawnGuarded } from '../guard/spawn-guarded.ts'
import { packageRoot } from '../package-root.ts'
import type { CatalogAnswer, CatalogQuestion, OwnModuleDescription } from './catalog-messages.ts'
import { withWorkingFolder } from './working-folder.ts'

export interface CatalogLimits {
  /** For one module to be imported. */
  readonly importMs?: number
  readonly memoryMb?: number
}

const IMPORT_MS = 15_000
const MEMORY_MB = 512
const LOOK_EVERY_MS = 100

const childFile = join(packageRoot, 'dist/activities/modules/catalog-child.js')

type Checked = Extract<CatalogAnswer, { readonly kind: 'checked' }>

/**
 * Checks configs of a project's own TypeScript stages against their schemas, in a guarded child process. A module that
 * cannot be loaded gives an issue with the path `[]`, and the others are checked all the same. Answers are in the order of
 * the requests; Python and command stages pass as they are.
 */
export async function loadOwnSchemas(
  projectDir: string,
  requests: readonly ConfigRequest[],
  limits: CatalogLimits = {},
): Promise<ConfigCheck[]> {
  const asked = requests.flatMap((request, at) => (request.kind === 'typescript' ? [{ ...request, at }] : []))
  const answers = await askAll({ projectDir, requests: asked }, limits)
  return requests.map((request, at) => answers.get(at)?.check ?? { config: request.config, issues: [], files: [] })
}

/** What a stage of one's own says of itself; STAGE_MODULE_INVALID when it cannot be loaded. */
export async function describeOwnModule(
  projectDir: string,
  module: string,
  { function: name = 'run', ...limits }: CatalogLimits & { readonly function?: string } = {},
): Promise<OwnModuleDescription> {
  const answers = await askAll({ projectDir, requests: [{ module, function: name, config: {}, at: 0 }] }, limits)
  const answer = answers.get(0)
  if (answer !== undefined && answer.described !== null) return answer.described
  const [issue] = answer?.check.issues ?? []
  const hint = issue?.hint ?? null
  throw new OnclockError('STAGE_MODULE_INVALID', issue?.message ?? `${module} cannot be loaded`, hint === null ? {} : { hint })
}

/** One child for all; after a module that took the child down with it, another one for the rest. */
async function askAll(question: CatalogQuestion, limits: CatalogLimits): Promise<Map<number, Checked>> {
  const answers = new Map<number, Checked>()
  for (let open = question.requests; open.length > 0; open = question.requests.filter(({ at }) => !answers.has(at))) {
    const { checked, fatal } = await askOnce({ ...question, requests: open }, limits)
    for (const answer of checked) answers.set(answer.at, answer)
    if (fatal === null) continue
    for (const { at, module, config } of open)
      if (!answers.has(at) && module === fatal.module)
        answers.set(at, {
          kind: 'checked',
          at,
          check: { config, issues: [{ path: [], code: 'module_invalid', message: fatal.message, hint: fatal.hint }], files: [] },
          described: null,
        })
  }
  return answers
}

interface Fatal {
  readonly module: string
  readonly message: string
  readonly hint: string | null
}

function askOnce(
  question: CatalogQuestion,
  limits: CatalogLimits,
): Promise<{ readonly checked: readonly Checked[]; readonly fatal: Fatal | null }> {
  return withWorkingFolder(tmpdir(), async (folder) => {
    const questionFile = join(folder, 'question.json')
    const answerFile = join(folder, 'answers.jsonl')
    await writeFile(questionFile, JSON.stringify(question))
    await writeFile(answerFile, '')
    const importMs = limits.importMs ?? IMPORT_MS
    const errors: string[] = []
    const child = spawnGuarded(
      process.execPath,
      [`--max-old-space-size=${limits.memoryMb ?? MEMORY_MB}`, childFile, questionFile, answerFile],
      {
        cwd: question.projectDir,
        env: { ...process.env, NODE_OPTIONS: '' },
        onStderr: (line) => void (errors.length < 50 && errors.push(line)),
        graceMs: 200,
      },
    )
    const watch = stopWhenStuck(answerFile, importMs, () => void child.stop())
    const end = await child.exited.finally(() => watch.dispose())
    const answers = (await readFile(answerFile, 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as CatalogAnswer)
    const checked = answers.filter((answer) => answer.kind === 'checked')
    if (checked.length === question.requests.length) return { checked, fatal: null }
    const last = answers.at(-1)
    // Without a module to blame the child itself could not start: that is no fault of the pipeline.
    if (last?.kind !== 'loading') throw new Error(`the stages of the project could not be looked at: ${errors.join('\n')}`)
    return { checked, fatal: blame(last.module, end, watch.stuck() ? importMs : null) }
  })
}

function blame(module: string, end: GuardedExit, stuckMs: number | null): Fatal {
  if (stuckMs !== null)
    return {
      module,
      message: `${module} was still being imported after ${stuckMs / 1_000} s`,
      hint: 'What a stage does belongs in its function, not beside it.',
    }
  if (end.code === 134 || end.signal === 'SIGABRT')
    return { module, message: `${module} used more memory than it may while it was imported`, hint: null }
  const how = end.signal === null ? `exit code ${String(end.code)}` : end.signal
  return { module, message: `${module} ended the process while it was imported (${how})`, hint: null }
}

/** Calls `stop` when the answers have not grown for too long. */
function stopWhenStuck(file: string, withinMs: number, stop: () => void): { stuck(): boolean; dispose(): void } {
  let size = -1
  let since = Date.now()
  let stuck = false
  const timer = setInterval(() => {
    void stat(file).then(
      (now) => {
        if (now.size !== size) [size, since] = [now.size, Date.now()]
        else if (Date.now() - since > withinMs && !stuck) {
          stuck = true
          stop()
        }
        return undefined
      },
      () => undefined,
    )
  }, LOOK_EVERY_MS)
  return { stuck: () => stuck, dispose: () => clearInterval(timer) }
}
