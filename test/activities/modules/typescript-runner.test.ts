import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createModuleRunners } from '../../../activities/modules/module-runners.ts'
import type { OwnModule, StageContext } from '../../../activities/stage.ts'
import { eventually } from '../../support/process-table.ts'
import {
  datasetOf,
  fixtureProject,
  ownModule,
  stageContext,
  temporaryFolder,
  temporaryProject,
  write,
} from '../../support/stage-project.ts'

const runners = createModuleRunners({ memoryMb: 64, graceMs: 1_500 })
const likes = join(fixtureProject, 'data/likes.csv')

const run = (module: Partial<OwnModule> & { readonly module: string }, context: StageContext) =>
  runners.typescript.run(ownModule('typescript', module.module, module), context)

const bad = (name: string, context = stageContext(fixtureProject)) => run({ module: 'ts/bad.ts', function: name }, context)

describe('a TypeScript stage of the original form', () => {
  test('gets its files and hands over what it wrote, with its prints in the log', async () => {
    const context = stageContext(fixtureProject, { inputs: { input: await datasetOf(likes) } })
    const result = await run({ module: 'ts/original.ts', config: { output_file: 'data/stage2_output.csv' } }, context)
    expect(result.rows).toBeNull()
    expect(result.outputs.map(({ seal: _seal, ...file }) => file)).toEqual([
      {
        dataset: 'output',
        file: 'stage2_output_20261124_020000.csv',
        publicName: 'stage2_output_20261124_020000.csv',
        format: 'csv',
        rows: 4,
      },
      {
        dataset: 'summary',
        file: 'summary_20261124_020000.json',
        publicName: 'stage2_summary_20261124_020000.json',
        format: 'json',
        rows: null,
      },
    ])
    expect(readFileSync(join(context.outDir, 'stage2_output_20261124_020000.csv'), 'utf8')).toContain('SAY')
    expect(context.lines).toEqual(['info: upper-casing 20261124_020000', 'warn: one warning', 'info: without a line end'])
    expect(result.metadata).toEqual({ rows_accounted: false, records_of_input_file: 4, records_of_output_file: 4 })
  })

  test('gets the facts of the run in its config, a file of the project as an absolute path', async () => {
    const context = stageContext(fixtureProject)
    const result = await run(
      { module: 'ts/original.ts', function: 'tell', config: { input_file: 'data/likes.csv', depth: 2 } },
      context,
    )
    expect(JSON.parse(context.lines[0]?.replace('info: ', '') ?? '')).toEqual({
      depth: 2,
      execution_id: '20261124_020000',
      execution_output_dir: context.outDir,
      input_file: likes,
      output_file: join(context.outDir, 'score_20261124_020000.csv'),
    })
    expect(result.inputs).toMatchObject([{ path: 'data/likes.csv', bytes: readFileSync(likes).length }])
  })

  test('fails an attempt that returns false', async () => {
    await expect(bad('run')).rejects.toMatchObject({
      code: 'STAGE_FAILED',
      retryable: true,
      message: expect.stringContaining('returned false'),
    })
  })

  test.each([
    ['throws', 'no such city'],
    ['rejects', 'later'],
    ['throwsBeside', 'from a timer'],
  ])('fails an attempt that %s, naming the place; what it said stays in the log', async (name, message) => {
    const context = stageContext(fixtureProject)
    const error = await bad(name, context).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'STAGE_FAILED', message: expect.stringMatching(/Error in .*bad\.ts:\d+$/) })
    expect(String(error)).not.toContain(message)
    expect(context.lines.join('\n')).toMatch(/error: .*bad\.ts:\d+/)
    expect(context.lines.join('\n')).toContain(message)
  })

  test('says that a stage ended its thread, after the lines it printed', async () => {
    const context = stageContext(fixtureProject)
    await expect(bad('exits', context)).rejects.toMatchObject({
      code: 'STAGE_EXITED',
      retryable: true,
      message: expect.stringContaining('exit code 3'),
    })
    expect(context.lines).toEqual(['info: before the exit'])
  })

  test.each(['fillsMemory', 'fillsMemoryAtOnce'])('says that a stage ran out of memory, and lives on: %s', async (name) => {
    const context = stageContext(fixtureProject)
    await expect(bad(name, context)).rejects.toMatchObject({ code: 'STAGE_OUT_OF_MEMORY', retryable: true })
    expect(context.lines.filter((line) => !line.startsWith('debug: ') && line !== 'warn: ')).toEqual([])
  })

  test('says that a stage was killed', async () => {
    await expect(bad('isKilled')).rejects.toMatchObject({
      code: 'STAGE_EXITED',
      retryable: true,
      message: expect.stringContaining('SIGKILL'),
    })
  })

  test('runs in the project folder', async () => {
    const project = temporaryProject({
      'a.ts': `import { readFileSync } from 'node:fs'\nexport const run = () => readFileSync('word.txt', 'utf8') === 'yes'`,
      'word.txt': 'yes',
    })
    await expect(run({ module: 'a.ts' }, stageContext(project))).resolves.toMatchObject({ outputs: [] })
  })

  test.each(['loopsForEver', 'waitsForEver'])('stops a stage that %s when the signal fires', async (name) => {
    const abort = new AbortController()
    const context = stageContext(fixtureProject, { signal: abort.signal })
    const running = bad(name, context)
    running.catch(() => undefined)
    expect(await eventually(() => context.lines.length > 0)).toBe(true)
    const reason = new Error('cancelled by a person')
    const asked = Date.now()
    abort.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect(Date.now() - asked).toBeLessThan(3_000)
  })

  test('holds back a stage that prints without end', async () => {
    const abort = new AbortController()
    const context = stageContext(fixtureProject, { signal: abort.signal })
    const running = bad('printsForEver', context)
    running.catch(() => undefined)
    await eventually(() => context.lines.length > 0)
    // This thread is busy: nothing is taken from the other one meanwhile.
    for (const end = Date.now() + 700; Date.now() < end;);
    const before = context.lines.length
    await sleep(0)
    expect(context.lines.length - before).toBeLessThan(15_000)
    abort.abort()
    await expect(running).rejects.toThrow()
  })

  test('does not wait for what a stage left running', async () => {
    await expect(bad('leavesTimer')).resolves.toMatchObject({ outputs: [] })
  })

  test('starts nothing when the signal has fired', async () => {
    await expect(
      bad('loopsForEver', stageContext(fixtureProject, { signal: AbortSignal.abort(new Error('gone')) })),
    ).rejects.toThrow('gone')
  })

  test.each(['nothingOfTheKind', 'notAFunction'])('refuses a module that has no function %s', async (name) => {
    await expect(bad(name)).rejects.toMatchObject({
      code: 'STAGE_MODULE_INVALID',
      retryable: false,
      message: expect.stringContaining(name),
    })
  })
})

describe('the module of a TypeScript stage', () => {
  const runs = 'export const run = (): boolean => true\n'

  test.each([
    ['throws at import', `throw new RangeError('no licence')\n${runs}`, 'cannot be loaded: RangeError in stages/a.ts:1'],
    ['is no TypeScript', 'export const run = (: boolean => true', 'cannot be loaded'],
    ['imports what is not there', `import { x } from './gone.ts'\nconsole.log(x)\n${runs}`, 'gone.ts'],
    ['imports a package that is not there', `import x from 'no-such-package'\nconsole.log(x)\n${runs}`, 'no-such-package'],
  ])('is refused when it %s', async (_name, text, message) => {
    const project = temporaryProject({ 'package.json': '{"type": "module"}', 'stages/a.ts': text })
    const error = await run({ module: 'stages/a.ts' }, stageContext(project)).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'STAGE_MODULE_INVALID', retryable: false, message: expect.stringContaining(message) })
  })

  test('is refused outside the project, through a link too, and where there is none', async () => {
    const elsewhere = temporaryFolder()
    write(elsewhere, { 'a.ts': runs })
    const project = temporaryProject({})
    symlinkSync(join(elsewhere, 'a.ts'), join(project, 'linked.ts'))
    for (const module of ['linked.ts', join(elsewhere, 'a.ts'), 'gone.ts', 'node_modules'])
      await expect(run({ module }, stageContext(project))).rejects.toMatchObject({
        code: 'STAGE_MODULE_NOT_FOUND',
        retryable: false,
      })
  })

  test('counts as it lies on the disk when the attempt starts, what it imports included', async () => {
    const project = temporaryProject({
      'package.json': '{"type": "module"}',
      'stages/a.ts': `import { word } from './word.ts'\nexport const run = () => { console.log('a1', word); return true }`,
      'stages/word.ts': `export const word: string = 'w1'`,
    })
    const lines = async () => {
      const context = stageContext(project)
      await run({ module: 'stages/a.ts' }, context)
      return context.lines
    }
    expect(await lines()).toEqual(['info: a1 w1'])
    write(project, { 'stages/word.ts': `export const word: string = 'w2'` })
    expect(await lines()).toEqual(['info: a1 w2'])
    write(project, {
      'stages/a.ts': `import { word } from './word.ts'\nexport const run = () => { console.log('a2', word); return true }`,
    })
    expect(await lines()).toEqual(['info: a2 w2'])
  })

  test.each([
    ['a module package', '{"type": "module"}'],
    ['a CommonJS package', '{}'],
    ['a folder without package.json', null],
  ])('imports onclock from %s outside this clone', async (_name, packageJson) => {
    const stage = `import { defineStage, z } from 'onclock'
      export default defineStage({ config: z.object({ word: z.string().default('hello') }), rows: 'free',
        async run({ config, output }) { await output.write({ word: config.word }) } })
      export const named = (): boolean => true`
    const project = temporaryProject({ ...(packageJson === null ? {} : { 'package.json': packageJson }), 'stages/a.ts': stage })
    const context = stageContext(project)
    const result = await run({ module: 'stages/a.ts' }, context)
    expect(readFileSync(join(context.outDir, result.outputs[0]?.file ?? ''), 'utf8')).toBe('word\nhello\n')
    await expect(run({ module: 'stages/a.ts', function: 'named' }, stageContext(project))).resolves.toMatchObject({ outputs: [] })
  })

  test('is told how to get at onclock where it is not installed', async () => {
    const project = temporaryFolder()
    write(project, {
      'a.ts': `import { z } from 'onclock'\nexport const run = () => z`,
      'b/package.json': '{"type": "module"}',
      'b/a.ts': `import { z } from 'onclock'\nexport const run = () => z`,
    })
    for (const module of ['a.ts', 'b/a.ts'])
      await expect(run({ module }, stageContext(project))).rejects.toMatchObject({
        code: 'STAGE_MODULE_INVALID',
        message: expect.stringMatching(/^[^\n]*onclock[^\n]*$/),
        hint: expect.stringContaining('npm install onclock'),
      })
  })

  test('may be JavaScript, and CommonJS', async () => {
    const project = temporaryProject({
      'a.js': 'exports.run = () => true',
      'b.mjs': 'export default () => false',
      'c.cjs': 'module.exports = { run: () => true }',
    })
    await expect(run({ module: 'a.js' }, stageContext(project))).resolves.toMatchObject({ rows: null })
    await expect(run({ module: 'b.mjs' }, stageContext(project))).rejects.toMatchObject({ code: 'STAGE_FAILED' })
    await expect(run({ module: 'c.cjs' }, stageContext(project))).resolves.toMatchObject({ rows: null })
  })
})
