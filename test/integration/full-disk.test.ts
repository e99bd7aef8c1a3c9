import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS } from '../../pipeline/errors.ts'
import type { RunRecord } from '../../pipeline/record.ts'
import { finished, makeProject, type TestProject } from './support/project.ts'
import { canMount, mountSmallDisk, type SmallDisk } from './support/small-disk.ts'

const ROWS = 40_000
const INPUT = `video_id,views\n${Array.from({ length: ROWS }, (_, at) => `75000000000${String(at).padStart(8, '0')},${at}\n`).join('')}`
const PIPELINE = `pipeline:
  name: large
  config: {output_dir: results}
  defaults: {retry: {maximum_attempts: 1}}
  stages:
    - {name: first, command: 'echo a > "$ONCLOCK_OUTPUT_FILE"'}
    - {name: clean, module: take_input_csv, needs: [first], config: {input_file: data/videos.csv}}
    - {name: keep, module: rule_based_filtering, input: clean, config: {rules: [{id: seen, column: views, type: integer, min: 100}]}}
`

let project: TestProject
let disk: SmallDisk

describe.skipIf(!canMount)('a full disk [needs the right to mount: root, or user namespaces]', () => {
  beforeAll(async () => {
    const through = async (dir: string): Promise<readonly string[]> => {
      await mkdir(join(dir, 'results'))
      disk = await mountSmallDisk(join(dir, 'results'), '600k')
      return disk.through
    }
    project = await makeProject({ 'config/main.yaml': PIPELINE, 'data/videos.csv': INPUT }, { through, warm: true })
  })
  afterAll(async () => {
    await project.dispose()
    disk.dispose()
  })

  const inRun = (record: RunRecord, file: string): string =>
    disk.inside(join(project.dir, 'results', `execution_${record.run_id}`, file))

  it('stops the run with what is finished kept, and once there is space the run goes on from there', async () => {
    const { stdout, stderr, code } = await project.onclock(['run', '--json'])
    expect(code, stderr).toBe(ERRORS.DISK_FULL.exit)
    const record = JSON.parse(stdout) as RunRecord
    expect(record).toMatchObject({
      status: 'failed',
      error: { code: 'DISK_FULL', hint: expect.stringContaining('Free some space') as string },
    })
    expect(record.stages.map(({ status }) => status)).toEqual(['completed', 'failed', 'skipped'])
    expect(JSON.parse(await readFile(inRun(record, 'run.json'), 'utf8'))).toEqual(record)
    expect((await readdir(inRun(record, '.'))).filter((name) => /clean|stage2|tmp/.test(name))).toEqual([])

    disk.resize('64m')
    const again = await project.onclock(['resume', '--json'])
    expect(again.code, again.stderr).toBe(0)
    const resumed = JSON.parse(again.stdout) as RunRecord
    expect(resumed.stages.map(({ status, rows }) => [status, rows?.out])).toEqual([
      ['reused', undefined],
      ['completed', ROWS],
      ['completed', ROWS - 100],
    ])
  })

  const filler = (): string => disk.inside(join(project.dir, 'results/filler'))

  it('that leaves no room for the record of the run is waited for, and said', async () => {
    const filling = `pipeline:
  name: filling
  config: {output_dir: results}
  stages:
    - {name: fill, retry: {maximum_attempts: 1}, command: 'cat /dev/zero > results/filler; exit 3'}
`
    await project.write('config/filling.yaml', filling)
    const running = project.start(['run', 'filling', '--json'])
    running.stderr?.on('data', (text: string) => {
      if (text.includes('the record of the run cannot be written yet')) void writeFile(filler(), '')
    })
    const { code, stdout, stderr } = await finished(running, {})
    expect(code).toBe(1)
    expect(stderr).toContain('! the record of the run cannot be written yet, it is tried again: DISK_FULL: the disk is full')
    const record = JSON.parse(stdout) as RunRecord
    expect(record).toMatchObject({ status: 'failed', error: { code: 'COMMAND_FAILED' } })
    expect(JSON.parse(await readFile(inRun(record, 'run.json'), 'utf8'))).toEqual(record)
  })
})
