import type { Client } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../../pipeline/record.ts'
import { connectClient } from '../../worker/connection.ts'
import { accessTemporal, type TemporalAccess } from '../../worker/embedded.ts'
import { makeProject, type TestProject } from './support/project.ts'

/** Stands in every cell, and in nothing else. */
const MARK = 'qzxw'
const cell = (row: number, column: string): string => `${MARK}-${column}-${row}`
const rows = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `${cell(from + at, 'a')},${cell(from + at, 'b')},${cell(from + at, 'c')}\n`).join(
    '',
  )
const VIDEOS = `id,city,views\n${rows(0, 60)}${rows(5, 8)}${MARK} broken\n${MARK},${MARK},${MARK},${MARK}\n`

const INTAKE = `    - name: clean
      module: take_input_csv
      config:
        input_file: data/videos.csv
        columns: {city: {required: true, not_matches: '-b-3$'}}
        budget: {fail: 60%}
`

const STAGES = {
  rules: `    - {name: keep, module: rule_based_filtering, input: clean, config: {rules: [{id: length, column: id, length: {min: 8}}, {id: ninth, column: id, not_matches: '9$'}, {id: one, unique: {by: [city], keep: first}}]}}\n`,
  rulesStop: `    - {name: keep, module: rule_based_filtering, input: clean, config: {rules: [{id: number, column: views, type: integer, action: fail}]}}\n`,
  typescript: `    - {name: own, module: stages/own.ts, function: throws, input: clean, retry: {maximum_attempts: 2, initial_interval: 100ms}}\n`,
  python: `    - {name: own, module: src.own, function: throws, input: clean, retry: {maximum_attempts: 2, initial_interval: 100ms}}\n`,
  pythonExits: `    - {name: own, module: src.own, function: exits, input: clean, retry: {maximum_attempts: 1}}\n`,
  pythonImports: `    - {name: own, module: src.reads_at_import, input: clean}\n`,
  command: `    - {name: own, command: 'cat "$ONCLOCK_INPUT_FILE" >&2; exit 3', input: clean, retry: {maximum_attempts: 1}}\n`,
  defined: `    - {name: own, module: stages/defined.ts, input: clean}\n    - {name: wait, needs: [own], command: 'sleep 1.5'}\n`,
} as const

const OWN_TS = `import { readFileSync } from 'node:fs'
export function throws(config) { throw new TypeError('cannot read ' + readFileSync(config.input_file, 'utf8')) }
`
const DEFINED_TS = `import { defineStage } from 'onclock'
import { setTimeout as sleep } from 'node:timers/promises'
export default defineStage({
  rows: 'filter',
  async run({ input, output, reject, filter, progress }) {
    let read = 0
    for await (const row of input.rows()) {
      read += 1
      if (read % 10 === 0) { progress({ rows: read, doing: 'scoring' }); await sleep(300) }
      if (read % 7 === 0) await reject(row, { rule: 'seventh', column: 'city', message: 'is a seventh' })
      else if (read % 5 === 0) await filter(row, { rule: 'fifth' })
      else await output.write(row)
    }
  },
})
`
const OWN_PY = `import sys
def throws(config):
    raise ValueError("cannot read " + open(config["input_file"]).read())
def exits(config):
    sys.exit("cannot read " + open(config["input_file"]).read())
`
const AT_IMPORT_PY = 'raise ValueError("cannot read " + open("data/videos.csv").read())\n'

let project: TestProject
let access: TemporalAccess
let client: Client
beforeAll(async () => {
  const pipelines = Object.entries(STAGES).map(([name, stages]) => [
    `config/${name}.yaml`,
    `pipeline:\n  name: ${name}\n  stages:\n${INTAKE}${stages}`,
  ])
  project = await makeProject(
    {
      ...(Object.fromEntries(pipelines) as { [path: string]: string }),
      'config/budget.yaml': `pipeline:\n  name: budget\n  stages:\n${INTAKE.replace('60%', '1%')}`,
      'config/no-header.yaml': `pipeline:\n  name: no-header\n  stages:\n${INTAKE.replace('videos.csv', 'no-header.csv')}`,
      'config/no-header-rules.yaml': `pipeline:\n  name: rules\n  stages:\n    - {name: clean, module: take_input_csv, config: {input_file: data/no-header.csv}}\n    - {name: keep, module: rule_based_filtering, input: clean, config: {rules: [{id: r, column: views, min: 1}]}}\n`,
      'data/videos.csv': VIDEOS,
      'data/no-header.csv': `${MARK},${MARK},${MARK}\n${rows(0, 5)}`,
      'stages/own.ts': OWN_TS,
      'stages/defined.ts': DEFINED_TS,
      'src/own.py': OWN_PY,
      'src/reads_at_import.py': AT_IMPORT_PY,
    },
    { warm: true },
  )
  access = await accessTemporal({ projectDir: project.dir, needWorker: true, tty: false, onEvent: () => undefined })
  client = await connectClient(access)
})
afterAll(async () => {
  await client.connection.close()
  await access.release()
  await project.dispose()
})

/** All text in what the server gives, bytes decoded: payloads of arguments, results, heartbeats, failures, memo, metadata. */
function textsOf(value: unknown, seen = new Set<unknown>()): string[] {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')]
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || seen.has(value)) return []
  seen.add(value)
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner, seen)])
}

async function known(workflowId: string): Promise<string> {
  const handle = client.workflow.getHandle(workflowId)
  const [history, described] = [await handle.fetchHistory(), await handle.describe()]
  // What the UI shows as details, and where the run stands: both are queries.
  const [details, progress] = [await handle.query('__temporal_workflow_metadata'), await handle.query('progress')]
  return textsOf({ history, described: described.raw, details, progress }).join('\n')
}

async function run(name: string): Promise<{ readonly record: RunRecord; readonly stderr: string; readonly seen: string }> {
  const { stdout, code } = await project.onclock(['run', name, '--detach', '--json'])
  expect(code, stdout).toBe(0)
  const { workflow_id: id } = JSON.parse(stdout) as { workflow_id: string }
  const looks: string[] = []
  const handle = client.workflow.getHandle(id)
  // While it runs, for heartbeats and the failures of former attempts.
  while ((await handle.describe()).status.name === 'RUNNING') {
    looks.push(await known(id))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  looks.push(await known(id))
  const { stderr } = await project.onclock(['watch', id])
  return { record: await project.record(id), stderr, seen: looks.join('\n') }
}

describe('cell values', () => {
  it.each<readonly [pipeline: string, status: string, told: RegExp, inLog: boolean]>([
    ['rules', 'completed', /"out":[1-9]\d*,"rejected":0,"filtered":[1-9]/, false],
    ['budget', 'failed', /BUDGET_EXCEEDED/, false],
    ['rulesStop', 'failed', /RULE_FAILED/, false],
    ['no-header', 'failed', /COLUMN_MISSING/, false],
    ['no-header-rules', 'failed', /COLUMN_MISSING/, false],
    ['typescript', 'failed', /TypeError in stages\/own\.ts:2/, true],
    ['python', 'failed', /ValueError in src\/own\.py:3/, true],
    ['pythonExits', 'failed', /STAGE_EXITED/, true],
    ['pythonImports', 'failed', /ValueError in src\/reads_at_import\.py:1/, true],
    ['command', 'failed', /COMMAND_FAILED/, true],
    ['defined', 'completed', /"rows":\d+,.*"doing":"scoring"/, false],
  ])('stay out of Temporal: %s', async (pipeline, status, told, inLog) => {
    const { record, stderr, seen } = await run(pipeline)
    expect(record.status).toBe(status)
    expect(seen.split('\n').filter((line) => line.includes(MARK))).toEqual([])
    // It was looked at where it would be: what is told of the run is there, in clear.
    expect(told.test(seen), String(told)).toBe(true)
    expect(JSON.stringify(record)).not.toContain(MARK)
    // The log is in the project, and holds what the user's own code printed or threw.
    const log = await project.read(`logs/pipeline_${record.run_id}.log`)
    const lines = log.split('\n').filter((line) => line.includes(MARK))
    expect(lines.length > 0).toBe(inLog)
    expect(lines.filter((line) => !line.includes('[own] '))).toEqual([])
    expect(stderr.includes(MARK) && !inLog).toBe(false)
  })

  it('are in the run directory, where they belong', async () => {
    const { record } = await run('budget')
    expect(await project.read(`data/output/execution_${record.run_id}/stage1_rejected_${record.run_id}.csv`)).toContain(MARK)
  })
})
