import { spawn } from 'node:child_process'
import { chmodSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createModuleRunners } from '../../../activities/modules/module-runners.ts'
import { packageRoot } from '../../../activities/package-root.ts'
import type { OwnModule, StageContext } from '../../../activities/stage.ts'
import { eventually, processesWith } from '../../support/process-table.ts'
import {
  datasetOf,
  fixtureProject,
  ownModule,
  stageContext,
  temporaryFolder,
  temporaryProject,
  write,
} from '../../support/stage-project.ts'

const runners = createModuleRunners({ graceMs: 1_500 })
const likes = join(fixtureProject, 'data/likes.csv')

const run = (module: Partial<OwnModule> & { readonly module: string }, context: StageContext) =>
  runners.python.run(ownModule('python', module.module, module), context)

const path = process.env['PATH']
afterEach(() => {
  process.env['PATH'] = path
})

describe('a Python stage', () => {
  test('gets its files, its lines go to the log with their level, and what it wrote is handed over', async () => {
    const context = stageContext(fixtureProject, { inputs: { input: await datasetOf(likes) } })
    const result = await run({ module: 'src.02_upper', config: { output_file: 'data/stage2_output.csv' } }, context)
    expect(result.rows).toBeNull()
    expect(result.metadata).toEqual({ rows_accounted: false, records_of_input_file: 4, records_of_output_file: 4 })
    expect(result.outputs.map(({ dataset, file, publicName, rows }) => [dataset, file, publicName, rows])).toEqual([
      ['output', 'stage2_output_20261124_020000.csv', 'stage2_output_20261124_020000.csv', 4],
      ['moods', 'moods.json', 'stage2_moods.json', null],
    ])
    expect(readFileSync(join(context.outDir, 'stage2_output_20261124_020000.csv'), 'utf8')).toBe(
      readFileSync(likes, 'utf8').toUpperCase(),
    )
    expect([...context.lines].sort()).toEqual([
      'error: lines',
      'error: two',
      'info: reading likes.csv',
      'info: run 20261124_020000',
      'warn: to stderr',
    ])
  })

  test('runs in the project folder with the facts of the run in its config', async () => {
    const context = stageContext(fixtureProject)
    await run({ module: 'src.02_upper', function: 'tell', config: { depth: [1, 'ü'] } }, context)
    expect(JSON.parse(context.lines[0]?.slice('info: '.length) ?? '')).toEqual({
      depth: [1, 'ü'],
      execution_id: '20261124_020000',
      execution_output_dir: context.outDir,
      output_file: join(context.outDir, 'score_20261124_020000.csv'),
    })
    expect(context.lines[1]).toBe(`info: ${fixtureProject}`)
  })

  test.each([
    ['run', 'STAGE_FAILED', 'returned False'],
    ['throws', 'STAGE_FAILED', 'ValueError in src/bad.py:'],
    ['exits', 'STAGE_EXITED', 'sys.exit(4)'],
    ['exits_with_words', 'STAGE_EXITED', 'sys.exit and a message, which is in the log, before'],
    ['exits_hard', 'STAGE_EXITED', 'exit code 5'],
    ['killed', 'STAGE_EXITED', 'was killed'],
    ['fills_memory', 'STAGE_OUT_OF_MEMORY', 'out of memory'],
    ['nothing_of_the_kind', 'STAGE_MODULE_INVALID', 'no function "nothing_of_the_kind"'],
    ['not_a_function', 'STAGE_MODULE_INVALID', 'no function "not_a_function"'],
  ])('says how %s ended', async (name, code, message) => {
    const context = stageContext(fixtureProject)
    await expect(run({ module: 'src.bad', function: name }, context)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    })
    if (name === 'throws') expect(context.lines.join('\n')).toMatch(/warn: Traceback[\s\S]*bad\.py[\s\S]*no such city/)
  })

  test.each([
    ['src.throws_at_import', 'RuntimeError in src/throws_at_import.py:1'],
    ['src.lacks_library', 'no_such_library_here'],
    ['src.exits_at_import', 'ends Python while it is imported'],
  ])('is refused when it cannot be imported: %s', async (module, message) => {
    await expect(run({ module }, stageContext(fixtureProject))).rejects.toMatchObject({
      code: 'STAGE_MODULE_INVALID',
      retryable: false,
      message: expect.stringContaining(message),
      hint: expect.stringContaining('config.python'),
    })
  })

  test('is refused outside the project, through a link too, and where there is none', async () => {
    const elsewhere = temporaryFolder()
    write(elsewhere, { 'a.py': 'def run(config): return True' })
    const project = temporaryProject({})
    symlinkSync(join(elsewhere, 'a.py'), join(project, 'linked.py'))
    for (const module of ['linked', 'json.tool', 'gone.module'])
      await expect(run({ module }, stageContext(project))).rejects.toMatchObject({
        code: 'STAGE_MODULE_NOT_FOUND',
        retryable: false,
      })
  })

  test('counts as it lies on the disk, an edit of the same size in the same second included', async () => {
    const project = temporaryProject({
      'src/a.py': `from src import b\ndef run(config):\n  print(b.word)`,
      'src/b.py': `word = 'w1'`,
    })
    const first = stageContext(project)
    await run({ module: 'src.a' }, first)
    write(project, { 'src/b.py': `word = 'w2'` })
    const second = stageContext(project)
    await run({ module: 'src.a' }, second)
    expect([first.lines, second.lines]).toEqual([['info: w1'], ['info: w2']])
  })

  test('is stopped with every child when the signal fires, and may tidy up', async () => {
    const seconds = String(700_000 + Math.floor(Math.random() * 100_000_000))
    const abort = new AbortController()
    const context = stageContext(fixtureProject, { signal: abort.signal })
    const running = run({ module: 'src.bad', function: 'forks_and_waits', config: { seconds } }, context)
    running.catch(() => undefined)
    expect(await eventually(() => context.lines.length > 0 && processesWith(`sleep ${seconds}`).length === 1)).toBe(true)
    const reason = new Error('cancelled')
    abort.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect(processesWith(seconds)).toEqual([])
    expect(context.lines).toEqual(['info: waiting', 'info: tidied up'])
  })

  test('is gone with its children after kill -9 of the process that ran it', async () => {
    const seconds = String(700_000 + Math.floor(Math.random() * 100_000_000))
    const parent = spawn(
      process.execPath,
      [join(packageRoot, 'test/fixtures/processes/stage-parent.js'), packageRoot, temporaryFolder(), seconds],
      {
        stdio: 'ignore',
      },
    )
    expect(await eventually(() => processesWith(`sleep ${seconds}`).length === 1)).toBe(true)
    parent.kill('SIGKILL')
    expect(await eventually(() => processesWith(seconds).length === 0)).toBe(true)
  })
})

describe('the interpreter', () => {
  test('is asked for when there is none', async () => {
    process.env['PATH'] = temporaryFolder()
    await expect(run({ module: 'src.bad' }, stageContext(fixtureProject))).rejects.toMatchObject({
      code: 'NO_PYTHON',
      retryable: false,
    })
  })

  test.each(['no-such-python', '.venv/bin/python', 'data/likes.csv'])('that is configured must be there: %s', async (python) => {
    await expect(run({ module: 'src.bad', python }, stageContext(fixtureProject))).rejects.toMatchObject({
      code: 'NO_PYTHON',
      message: expect.stringContaining(python),
    })
  })

  test('may be a path of the project', async () => {
    const project = temporaryProject({ 'a.py': 'import sys\ndef run(config):\n  print(sys.argv)' })
    write(project, { 'bin/python-here': '#!/bin/sh\nexec python3 "$@"\n' })
    chmodSync(join(project, 'bin/python-here'), 0o755)
    const context = stageContext(project)
    await run({ module: 'a', python: 'bin/python-here' }, context)
    expect(context.lines).toEqual([`info: ['a']`])
  })
})
