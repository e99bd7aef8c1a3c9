import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../../pipeline/record.ts'
import { makeProject, type TestProject } from './support/project.ts'
import { PIPELINE, realInput, testData, VIDEOS } from './support/samples.ts'

const configs = fileURLToPath(new URL('../../config', import.meta.url))
let project: TestProject

beforeAll(async () => {
  const files = {
    'config/main.yaml': PIPELINE,
    'data/videos.csv': VIDEOS,
    'config/claims.yaml': await readFile(join(configs, 'claims.yaml'), 'utf8'),
    'config/reviews.yaml': await readFile(join(configs, 'reviews.yaml'), 'utf8'),
  }
  project = await makeProject(files, { warm: true })
})
afterAll(() => project.dispose())

async function run(
  args: readonly string[],
): Promise<{ readonly record: RunRecord; readonly stderr: string; readonly code: number | null }> {
  const { stdout, stderr, code } = await project.onclock(['run', ...args, '--json'])
  return { record: JSON.parse(stdout) as RunRecord, stderr, code }
}

describe('onclock run', () => {
  it('takes a pipeline from YAML to files in which every row is accounted for', async () => {
    const { record, code } = await run([])
    expect(code).toBe(0)
    expect(record.status).toBe('completed')
    expect(record.stages.map(({ name, status, rows }) => [name, status, rows])).toEqual([
      ['clean', 'completed', { in: 6, out: 3, rejected: 2, filtered: 0, duplicates: 1 }],
      ['keep', 'completed', { in: 3, out: 2, rejected: 0, filtered: 1, duplicates: 0 }],
    ])
    const id = record.run_id
    expect(await project.filesOf(id)).toEqual(
      [
        'run.json',
        `clean_${id}.csv`,
        `kept_${id}.csv`,
        ...['csv', 'jsonl'].flatMap((ending) => [
          `stage1_duplicates_${id}.${ending}`,
          `stage1_rejected_${id}.${ending}`,
          `stage2_filtered_${id}.${ending}`,
        ]),
        `stage1_metadata_${id}.json`,
        `stage2_metadata_${id}.json`,
      ].sort(),
    )
    expect(await project.read(`data/output/execution_${id}/kept_${id}.csv`)).toBe(
      'video_id,status,views\n7500000000000000001,claim,5000\n7500000000000000005,opinion,1000\n',
    )
  })

  it('names the place in the source and the rule for each row that did not come through', async () => {
    const { record } = await run([])
    const id = record.run_id
    const rejected = await project.read(`data/output/execution_${id}/stage1_rejected_${id}.jsonl`)
    const rows = rejected
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { record: number; line: number; byte: number })
    expect(rows.map(({ record: number, line, byte }) => [number, line, byte])).toEqual([
      [3, 4, VIDEOS.indexOf('7500000000000000003')],
      [4, 5, VIDEOS.indexOf('7500000000000000004')],
    ])
    // The second stage works on the output of the first, and still tells the place in the file that was delivered.
    const filtered = await project.read(`data/output/execution_${id}/stage2_filtered_${id}.csv`)
    expect(filtered).toContain('7500000000000000002,opinion,200,data/videos.csv,2,3,seen-enough')
  })

  it('gives the same bytes for the same input', async () => {
    const digests = await Promise.all(
      [await run([]), await run([])].map(async ({ record: { run_id: id, stages } }) => {
        const files = stages.flatMap((stage) => stage.outputs.map((file) => file.path))
        const texts = await Promise.all(files.map((file) => readFile(join(project.dir, 'data/output', `execution_${id}`, file))))
        return texts.map((text) => createHash('sha256').update(text).digest('hex'))
      }),
    )
    expect(digests[0]).toEqual(digests[1])
    expect(digests[0]?.length).toBeGreaterThanOrEqual(8)
  })

  it('gives two runs of the same second two IDs and overwrites nothing', async () => {
    const both = await Promise.all([run([]), run([])])
    const ids = both.map(({ record }) => record.run_id)
    expect(new Set(ids).size).toBe(2)
    for (const { record, code } of both) {
      expect(code).toBe(0)
      expect((await project.record(record.run_id)).stages[1]?.rows?.out).toBe(2)
    }
  })

  it('says the same on the console as in the log', async () => {
    const { stderr, record } = await run([])
    const log = await project.read(`logs/pipeline_${record.run_id}.log`)
    const printed = stderr.split('\n').filter((line) => /^\d{4}-\d\d-\d\dT/.test(line))
    expect(printed.join('\n')).toBe(log.trim())
    expect(log).toContain('[clean] completed')
  })

  it('leaves out of the log what is below log_level', async () => {
    await project.write('config/quiet.yaml', PIPELINE.replace('name: videos', 'name: videos\n  config: {log_level: WARNING}'))
    const { record } = await run(['quiet'])
    const log = await project.read(`logs/pipeline_${record.run_id}.log`)
    expect(log).toMatch(/WARNING \[clean\]/)
    expect(log).not.toContain('INFO')
  })

  it('refuses a wrong pipeline before anything starts, with every fault and its place', async () => {
    await project.write(
      'config/wrong.yaml',
      PIPELINE.replace('required: true, in:', 'requird: true, in:').replace('input: clean', 'input: claen'),
    )
    const { code, stdout, stderr } = await project.onclock(['run', 'wrong'])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('config/wrong.yaml:11:22')
    expect(stderr).toContain('Did you mean "required"?')
    expect(stderr).toContain('Did you mean "clean"?')
    expect(stderr).toContain('2 errors')
  })

  it('ends with 3 when the data stops it, keeps the rows that did, and says what to do', async () => {
    await project.write('config/strict.yaml', PIPELINE.replace('fail: 60%', 'fail: 10%'))
    const told = await project.onclock(['run', 'strict'])
    expect(told.code).toBe(3)
    const { stdout } = await project.onclock(['show', 'latest', '--json'])
    const record = JSON.parse(stdout) as RunRecord
    expect(record.error?.code).toBe('BUDGET_EXCEEDED')
    expect(record.stages.map((stage) => stage.status)).toEqual(['failed', 'skipped'])
    expect(await project.filesOf(record.run_id)).toContain(`stage1_rejected_${record.run_id}.csv`)
    expect(told.stdout).toContain(`onclock resume ${record.run_id}`)
  })
})

describe('the real inputs', () => {
  it.skipIf(testData === undefined)('run: 19,382 TikTok claims, 298 of them incomplete [needs ONCLOCK_TEST_DATA]', async () => {
    const { record, code } = await run(['claims', '--set', `input_file=${realInput('tiktok/claims.csv')}`])
    expect(code).toBe(0)
    expect(record.stages.map((stage) => stage.rows)).toEqual([
      { in: 19_382, out: 19_084, rejected: 298, filtered: 0, duplicates: 0 },
      { in: 19_084, out: 14_446, rejected: 0, filtered: 4607, duplicates: 31 },
    ])
  })

  it.skipIf(testData === undefined)(
    'run: 1,101 reviews in Windows-1252, 929 kept by the nine rules [needs ONCLOCK_TEST_DATA]',
    async () => {
      const { record, code } = await run(['reviews', '--set', `input_file=${realInput('reviews/input.csv')}`])
      expect(code).toBe(0)
      const [intake, rules, evaluation] = record.stages
      expect(intake?.rows?.in).toBe(1101)
      expect(rules?.rows?.out).toBe(929)
      expect(evaluation?.outputs.map(({ path }) => path.replace(record.run_id, 'ID'))).toEqual([
        'stage3_evaluation_metrics_ID.json',
        'stage3_evaluation_report_ID.txt',
      ])
      for (const { rows } of record.stages.slice(0, 2)) {
        if (rows === null) throw new Error('not accounted')
        expect(rows.in).toBe(rows.out + rows.rejected + rows.filtered + rows.duplicates)
      }
    },
  )
})

describe('the pipeline of the original README', () => {
  it('runs as it is printed there', async () => {
    await project.write('data/input.csv', VIDEOS)
    await project.write(
      'config/original.yaml',
      `pipeline:
  name: "TikTok Data Processing Pipeline"
  stages:
    - name: "01_take_input_csv"
      module: "src.01_take_input_csv"
      function: "run"
      enabled: true
      config:
        input_file: "data/input.csv"
        output_file: "data/stage1_output.csv"
        # Output will be saved as: stage1_output_YYYYMMDD_HHMMSS.csv
`,
    )
    const { record, code } = await run(['original'])
    expect(code).toBe(0)
    expect(await project.filesOf(record.run_id)).toContain(`stage1_output_${record.run_id}.csv`)
    expect(record.stages[0]?.rows).toEqual({ in: 6, out: 5, rejected: 0, filtered: 0, duplicates: 1 })
  })
})
