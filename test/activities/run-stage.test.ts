import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../activities/duckdb.ts'
import { planRun, previewPlan, type PlanRequest } from '../../activities/planning/plan-run.ts'
import { runStage, type StageAttempt } from '../../activities/run-stage.ts'
import type { RunStore } from '../../activities/store/run-store.ts'
import type { StageSummary } from '../../pipeline/messages.ts'

const RUN = '20241201_143022'
const PIPELINE = `pipeline:
  name: p
  stages:
    - name: clean
      module: take_input_csv
      config: {input_file: data/in.csv, output_file: data/clean.csv, columns: {n: {type: integer}}, budget: {fail: 60%}}
    - name: copy
      command: 'bash scripts/copy.sh'
      input: clean
      config: {output_file: data/copied.csv}
`

let project: string
let database: Database

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'onclock-run-stage-'))
  await write('config/main.yaml', PIPELINE)
  await write('data/in.csv', 'id,n\n1,10\n2,many\n3,30\n')
  await write('scripts/copy.sh', 'cp "$ONCLOCK_INPUT_FILE" "$ONCLOCK_OUTPUT_FILE"\n')
  database = await openDatabase({ spillDir: join(project, 'spill') })
})
afterEach(async () => {
  database.close()
  await rm(project, { recursive: true, force: true })
})

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(project, path, '..'), { recursive: true })
  await writeFile(join(project, path), text)
}

const request = (generation: string, mode: 'run' | 'resume' = 'run'): PlanRequest => ({
  projectDir: project,
  pipelineFile: 'config/main.yaml',
  set: {},
  runId: RUN,
  workflowId: RUN,
  generation,
  mode,
})

function attempt(store: RunStore, stage: string, change: Partial<StageAttempt> = {}): StageAttempt {
  return {
    projectDir: project,
    store,
    runId: RUN,
    generation: 'generation-one',
    stage,
    attempt: 1,
    database: async () => database,
    progress: () => undefined,
    signal: new AbortController().signal,
    ...change,
  }
}

const publicFiles = async (store: RunStore): Promise<string[]> =>
  (await readdir(store.layout(RUN).dir)).filter((name) => name !== '.onclock').sort()

describe('runStage', () => {
  it('keeps what it committed when the names cannot be put in place, and puts them there with the next attempt', async () => {
    const { store } = await planRun(request('generation-one'))
    const blocked = join(store.layout(RUN).dir, `stage1_metadata_${RUN}.json`)
    await mkdir(blocked, { recursive: true })
    await expect(runStage(attempt(store, 'clean'))).rejects.toThrow()
    await rm(blocked, { recursive: true })

    const again: StageSummary = await runStage(attempt(store, 'clean', { attempt: 2 }))
    expect(again).toMatchObject({ status: 'completed', attempt: 1, rows: { in: 3, out: 2, rejected: 1 } })
    expect(await readFile(join(store.layout(RUN).dir, `clean_${RUN}.csv`), 'utf8')).toBe('id,n\n1,10\n3,30\n')
    expect((await publicFiles(store)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('lets no late attempt put its files over those of its successor', async () => {
    const { store } = await planRun(request('generation-one'))
    // Its budget fails it, with two rejected rows to show; it is held up until somebody else has committed.
    await write('config/main.yaml', PIPELINE.replace('fail: 60%', 'fail: 70%'))
    const late = runStage(attempt(store, 'clean', { database: () => resumed.then(() => database) }))
    late.catch(() => undefined)
    await write('data/in.csv', 'id,n\n1,10\n2,many\n3,30\n')
    let release = (): void => undefined
    const resumed = new Promise<void>((resolve) => (release = resolve))
    await planRun(request('generation-two', 'resume'))
    await runStage(attempt(store, 'clean', { generation: 'generation-two' }))
    const rejected = join(store.layout(RUN).dir, `stage1_rejected_${RUN}.csv`)
    const before = await readFile(rejected, 'utf8')
    await write('data/in.csv', 'id,n\n1,many\n2,many\n3,many\n')
    release()
    await expect(late).rejects.toThrow()
    expect(await readFile(rejected, 'utf8')).toBe(before)
  })

  it('tells which stage an input came from', async () => {
    const { store } = await planRun(request('generation-one'))
    await runStage(attempt(store, 'clean'))
    await runStage(attempt(store, 'copy'))
    const [record] = await store.records(RUN, 'copy')
    expect(record?.inputs).toContainEqual(expect.objectContaining({ path: `clean_${RUN}.csv`, stage: 'clean' }))
  })

  it('does not read a committed output that is not there any more', async () => {
    const { store } = await planRun(request('generation-one'))
    await runStage(attempt(store, 'clean'))
    const [record] = await store.records(RUN, 'clean')
    const csv = record?.outputs.find((file) => file.dataset === 'output' && file.format === 'csv')
    await writeFile(join(store.layout(RUN).dir, csv?.path ?? ''), '')
    await expect(runStage(attempt(store, 'copy'))).rejects.toMatchObject({ code: 'OUTPUT_ALTERED' })
  })
})

describe('a resume', () => {
  it('takes the names of what runs again away, and leaves those of what it reuses', async () => {
    const { store } = await planRun(request('generation-one'))
    await runStage(attempt(store, 'clean'))
    await runStage(attempt(store, 'copy'))
    await write('scripts/copy.sh', 'echo another; cp "$ONCLOCK_INPUT_FILE" "$ONCLOCK_OUTPUT_FILE"\n')
    const { plan } = await planRun(request('generation-two', 'resume'))
    expect(plan.stages.map(({ name, action }) => [name, action])).toEqual([
      ['clean', 'reuse'],
      ['copy', 'run'],
    ])
    expect(plan.stages[1]?.reason).toContain('scripts/copy.sh')
    const names = await publicFiles(store)
    expect(names).toContain(`clean_${RUN}.csv`)
    expect(names).not.toContain(`copied_${RUN}.csv`)
  })

  it('says of a stage that failed with what it failed, and what was changed since', async () => {
    await write('config/main.yaml', PIPELINE.replace('fail: 60%', 'fail: 1%'))
    const { store } = await planRun(request('generation-one'))
    await expect(runStage(attempt(store, 'clean'))).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    const failed = { name: 'clean', status: 'failed', reason: null, attempts: 1, started_at: null, duration_ms: null } as const
    await store.close(RUN, {
      schema_version: 1,
      generation: 'generation-one',
      status: 'failed',
      ended_at: new Date().toISOString(),
      error: null,
      warnings: [],
      stages: [{ ...failed, error: { code: 'BUDGET_EXCEEDED', message: '' } }],
    })
    await write('config/main.yaml', PIPELINE)
    const plan = await previewPlan({ ...request('x', 'resume') })
    expect(plan.stages[0]?.reason).toBe('failed before with BUDGET_EXCEEDED; config changed: budget.fail 1% → 60%')
  })
})
