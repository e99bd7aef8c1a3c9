import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createModuleRunners } from '../../../activities/modules/module-runners.ts'
import type { JsonObject } from '../../../pipeline/json.ts'
import { eventually, processesWith } from '../../support/process-table.ts'
import { datasetOf, fixtureProject, ownModule, stageContext, type TestContext } from '../../support/stage-project.ts'

const runners = createModuleRunners({ graceMs: 500 })
const likes = join(fixtureProject, 'data/likes.csv')

const run = (command: string | readonly string[], context: TestContext, config: JsonObject = {}) =>
  runners.command.run(ownModule('command', 'command', { command, config }), context)

describe('a command stage', () => {
  test('is a line for the shell, in the project folder, with files in environment variables', async () => {
    const inputs = {
      videos: await datasetOf(likes),
      'side-list': await datasetOf(join(fixtureProject, 'data/likes.csv'), 'other'),
    }
    const context = stageContext(fixtureProject, { inputs })
    const result = await run(
      'pwd && sort "$ONCLOCK_INPUT_FILE" > "$ONCLOCK_OUTPUT_FILE" && ls "$ONCLOCK_INPUT_SIDE_LIST" | wc -l >&2',
      context,
    )
    expect(context.lines.map((line) => line.trim())).toEqual(expect.arrayContaining([`info: ${fixtureProject}`]))
    expect(context.lines.at(-1)?.trim()).toMatch(/^warn: +1$/)
    expect(result).toMatchObject({
      rows: null,
      outputs: [{ dataset: 'output', file: 'score_20261124_020000.csv', format: 'csv' }],
    })
    expect(readFileSync(join(context.outDir, 'score_20261124_020000.csv'), 'utf8')).toContain('4,d,7')
  })

  test('is told the facts of the run', async () => {
    const context = stageContext(fixtureProject, { attempt: 3 })
    await run(
      [
        'sh',
        '-c',
        'echo "$ONCLOCK_RUN_ID $ONCLOCK_STAGE $ONCLOCK_ATTEMPT $ONCLOCK_NOW $ONCLOCK_CONFIG"; cat "$ONCLOCK_CONFIG_FILE"',
      ],
      context,
      { depth: [1, 'a b'] },
    )
    expect(context.lines).toEqual([
      'info: 20261124_020000 score 3 2026-11-24T02:00:00.000Z {"depth":[1,"a b"]}',
      'info: {"depth":[1,"a b"]}',
    ])
  })

  test('is a list of arguments that no shell touches', async () => {
    const context = stageContext(fixtureProject)
    await run(['printf', '%s\\n', '$HOME', 'a  "b" *'], context)
    expect(context.lines).toEqual(['info: $HOME', 'info: a  "b" *'])
  })

  test('gets a config that is too large for a variable as a file', async () => {
    const context = stageContext(fixtureProject)
    await run('wc -c < "$ONCLOCK_CONFIG_FILE"; echo "${ONCLOCK_CONFIG-unset}"', context, { text: 'x'.repeat(400_000) })
    expect(context.lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual(['info: 400011', 'info: unset'])
  })

  test('fails by its exit code, and what it printed is in the log alone', async () => {
    const context = stageContext(fixtureProject)
    await expect(run('echo secret cell; exit 3', context)).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      retryable: true,
      message: 'the command of stage "score" ended with exit code 3',
    })
    expect(context.lines).toEqual(['info: secret cell'])
  })

  test.each([
    [['no-such-command', 'x'], 'exit code 127 (a command was not found: no-such-command)'],
    ['no-such-command x', 'exit code 127 (a command was not found)'],
    [['./data/likes.csv'], 'exit code 126 (a command cannot be run: ./data/likes.csv)'],
    ['kill -9 $$', 'was ended by SIGKILL'],
  ])('says what was wrong with %j', async (command, message) => {
    await expect(run(command, stageContext(fixtureProject))).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining(message),
    })
  })

  test('is stopped with every child when the signal fires, even one that ignores TERM', async () => {
    const seconds = String(700_000 + Math.floor(Math.random() * 100_000_000))
    const abort = new AbortController()
    const context = stageContext(fixtureProject, { signal: abort.signal })
    const running = run(`trap '' TERM; sh -c 'sleep ${seconds} & wait' & echo ready; wait`, context)
    running.catch(() => undefined)
    expect(await eventually(() => context.lines.length > 0 && processesWith(`sleep ${seconds}`).length > 1)).toBe(true)
    const reason = new Error('cancelled')
    abort.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect(processesWith(seconds)).toEqual([])
  })

  test('says what it did not take over', async () => {
    const context = stageContext(fixtureProject)
    const result = await run(
      'cd "$ONCLOCK_OUTPUT_DIR" && ln -s /etc/hosts link.csv && mkdir charts && echo 1 > charts/a.png',
      context,
    )
    expect(result.warnings).toEqual(['link.csv is not taken over: it is not a regular file'])
    expect(result.outputs).toMatchObject([
      { dataset: 'charts/a', file: 'charts/a.png', publicName: 'stage2_charts/a.png', format: 'other' },
    ])
  })
})
