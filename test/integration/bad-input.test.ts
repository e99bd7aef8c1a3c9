import { makeZip } from '../activities/csv/make-zip.ts'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS, type ErrorCode } from '../../pipeline/errors.ts'
import type { RunRecord } from '../../pipeline/record.ts'
import { wrongPipelines } from '../pipeline/wrong-pipelines.ts'
import { ordinaryRights } from './support/ordinary-rights.ts'
import { makeProject, type TestProject } from './support/project.ts'
import { PIPELINE, VIDEOS } from './support/samples.ts'

const HEADER = 'video_id,status,views\n'
const DELIVERED = 'data/delivered.csv'

let project: TestProject
beforeAll(async () => {
  const files = { 'config/main.yaml': PIPELINE, 'config/delivery.yaml': PIPELINE.replace('data/videos.csv', DELIVERED) }
  project = await makeProject(files, { warm: true, through: () => ordinaryRights ?? [] })
})
afterAll(() => project.dispose())

interface BadInput {
  readonly name: string
  /** Puts it in place of the file that the pipeline reads. */
  readonly deliver: () => Promise<unknown>
  readonly code: ErrorCode
  readonly message: RegExp
  readonly hint: RegExp
  /** Rows that are on file all the same, with the reason. */
  readonly rejected?: number
}

const path = (): string => join(project.dir, DELIVERED)
const bytes = (content: string | Buffer) => () => project.write(DELIVERED, content)
const noise = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 251))

const BAD_INPUTS: readonly BadInput[] = [
  {
    name: 'no file',
    deliver: async () => undefined,
    code: 'FILE_NOT_FOUND',
    message: /data\/delivered\.csv does not exist/,
    hint: /Check the path/,
  },
  {
    name: 'a folder',
    deliver: () => mkdir(path()),
    code: 'FILE_NOT_FOUND',
    message: /data\/delivered\.csv is a folder/,
    hint: /CSV file inside it/,
  },
  {
    name: 'an empty file',
    deliver: bytes(''),
    code: 'INPUT_UNREADABLE',
    message: /data\/delivered\.csv is empty: 0 bytes/,
    hint: /Export the file again/,
  },
  {
    name: 'a header alone',
    deliver: bytes(HEADER),
    code: 'TOO_FEW_ROWS',
    message: /a header alone and no row/,
    hint: /min_output/,
  },
  {
    name: 'binary content',
    deliver: bytes(noise),
    code: 'INPUT_UNREADABLE',
    message: /data\/delivered\.csv is binary/,
    hint: /as CSV/,
  },
  {
    name: 'a spreadsheet',
    deliver: bytes(makeZip({ '[Content_Types].xml': '<Types/>', 'xl/workbook.xml': '<workbook/>' })),
    code: 'INPUT_UNREADABLE',
    message: /Excel workbook/,
    hint: /save the sheet as "CSV UTF-8"/,
  },
  {
    name: 'another table',
    deliver: bytes('id,status,views\n1,claim,5000\n'),
    code: 'COLUMN_MISSING',
    message: /no column "video_id"/,
    hint: /Its header: id, status, views/,
  },
  {
    name: 'broken records',
    deliver: bytes(`${HEADER}75,claim,5000\n76\n77,claim,1,2,3\n`),
    code: 'BUDGET_EXCEEDED',
    message: /2 of 3 rows \(66\.67 %\) were rejected/,
    hint: /stage1_rejected_\d{8}_\d{6}\w*\.csv names each row/,
    rejected: 2,
  },
]

interface Ended {
  readonly code: number | null
  readonly stderr: string
  readonly record: RunRecord
}

async function ended(args: readonly string[]): Promise<Ended> {
  const { stdout, stderr, code } = await project.onclock([...args, '--json'])
  return { code, stderr, record: JSON.parse(stdout) as RunRecord }
}

/** What must hold of every run that its input stopped, and that it goes on once the input is mended. */
async function expectStopped({ deliver, code: expected, message, hint, rejected = 0 }: BadInput): Promise<void> {
  await rm(path(), { recursive: true, force: true })
  await deliver()
  const { code, stderr, record } = await ended(['run', 'delivery'])
  const id = record.run_id
  // The YAML names the file, not the command line.
  expect(code, stderr).toBe(expected === 'FILE_NOT_FOUND' ? 1 : ERRORS[expected].exit)
  expect(record).toMatchObject({ status: 'failed', error: { code: expected } })
  expect(record.error?.message).toContain('stage "clean" failed')
  expect(record.stages[0]?.error?.message).toMatch(message)
  expect(record.error?.hint).toMatch(hint)
  expect(record.stages.map(({ status, outputs }) => [status, outputs])).toEqual([
    ['failed', []],
    ['skipped', []],
  ])
  expect(stderr).toContain(`${expected}: `)
  expect(await project.record(id)).toEqual(record)
  const kept = rejected === 0 ? [] : ['csv', 'jsonl'].map((ending) => `stage1_rejected_${id}.${ending}`)
  expect(await project.filesOf(id)).toEqual(['run.json', ...kept])
  if (rejected > 0) {
    const lines = (await project.read(`data/output/execution_${id}/stage1_rejected_${id}.jsonl`)).trim().split('\n')
    expect(lines).toHaveLength(rejected)
  }

  await rm(path(), { recursive: true, force: true })
  await project.write(DELIVERED, VIDEOS)
  const again = await ended(['resume', id])
  expect(again.code, again.stderr).toBe(0)
  expect(again.record).toMatchObject({
    run_id: id,
    status: 'completed',
    stages: [{ rows: { in: 6, out: 3 } }, { rows: { out: 2 } }],
  })
}

describe('an input that cannot be used stops the run with a reason and a remedy, and the run goes on once it is mended:', () => {
  it.each(BAD_INPUTS)('$name', expectStopped)

  it.skipIf(ordinaryRights === null)('a file that may not be read [needs setpriv or a user who is not root]', async () => {
    await expectStopped({
      name: 'a file that may not be read',
      deliver: async () => {
        await project.write(DELIVERED, VIDEOS)
        await chmod(path(), 0)
      },
      code: 'NO_PERMISSION',
      message: /data\/delivered\.csv may not be read/,
      hint: /chmod/,
    })
  })
})

describe('a place that may not be written [needs setpriv or a user who is not root]', () => {
  it.skipIf(ordinaryRights === null)('stops the run before its first stage', async () => {
    await project.write('data/videos.csv', VIDEOS)
    await project.write('config/closed.yaml', PIPELINE.replace('name: videos', 'name: videos\n  config: {output_dir: closed}'))
    await mkdir(join(project.dir, 'closed'), { mode: 0o555 })
    const { code, stderr } = await project.onclock(['run', 'closed'])
    expect(code, stderr).toBe(ERRORS.NO_PERMISSION.exit)
    expect(stderr).toContain('NO_PERMISSION')
    expect(stderr).toContain('closed')
    await chmod(join(project.dir, 'closed'), 0o755)
    expect((await project.onclock(['run', 'closed'])).code).toBe(0)
  })
})

describe('a wrong pipeline file', () => {
  it('is refused whatever is wrong with it, with every place, and nothing starts', async () => {
    const names = wrongPipelines.map((_, at) => `wrong${at}`)
    for (const [at, { text }] of wrongPipelines.entries()) await project.write(`config/${names[at] ?? ''}.yaml`, text)
    const { code, stdout } = await project.onclock(['validate', ...names, '--json'])
    expect(code).toBe(2)
    const checked = JSON.parse(stdout) as {
      file: string
      ok: boolean
      faults: { line: number; column: number; message: string }[]
    }[]
    expect(checked.map(({ file }) => file)).toEqual(names.map((name) => `config/${name}.yaml`))
    for (const { ok, file, faults } of checked) {
      expect(ok, file).toBe(false)
      for (const { line, column, message } of faults)
        expect([line > 0, column > 0, message], file).toEqual([true, true, expect.stringMatching(/\w/)])
    }
    for (const name of names) await rm(join(project.dir, `config/${name}.yaml`))
  })

  it.each([
    ['of another encoding', Buffer.from('pipeline: {name: caf\xe9}\n', 'latin1'), /config\/bad\.yaml is not UTF-8 text/],
    ['with a slip in its YAML', PIPELINE.replace('columns:', 'columns: *.csv'), /config\/bad\.yaml:9:\d+/],
    ['with a module that does not exist', PIPELINE.replace('take_input_csv', 'take_input_cvs'), /take_input_csv/],
  ])('%s is refused by run', async (_, text, message) => {
    await project.write('config/bad.yaml', text)
    const before = await project.runDirs()
    const { code, stdout, stderr } = await project.onclock(['run', 'bad'])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(await project.runDirs()).toEqual(before)
  })

  it('that does not exist, or is a folder, is named', async () => {
    expect(await project.onclock(['run', 'none'])).toMatchObject({ code: 4, stderr: expect.stringContaining('none') as string })
    await mkdir(join(project.dir, 'config/folder.yaml'))
    const { code, stderr } = await project.onclock(['run', 'config/folder.yaml'])
    expect(code).toBe(4)
    expect(stderr).toContain('config/folder.yaml is a folder')
  })
})
