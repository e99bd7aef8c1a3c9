import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/stage-project.ts'
import { typed } from './typed.ts'

describe('runCommandLine', () => {
  it('prints help on stdout, with one sentence for each command and examples at the end', async () => {
    const { exit, out, err } = await typed(temporaryFolder(), ['--help'])
    expect(exit).toBe(0)
    expect(err).toBe('')
    for (const name of [
      'run',
      'resume',
      'watch',
      'ls',
      'show',
      'logs',
      'cancel',
      'validate',
      'graph',
      'stage',
      'init',
      'up',
      'down',
      'worker',
      'doctor',
    ])
      expect(out).toMatch(new RegExp(`^  ${name}\\b.* [A-Z]`, 'm'))
    expect(out.trimEnd().split('\n').slice(-6).join('\n')).toContain('onclock init --input')
  })

  it('shows the help when nothing or only a group is typed', async () => {
    expect(await typed(temporaryFolder(), [])).toMatchObject({ exit: 0, err: '' })
    const { exit, out } = await typed(temporaryFolder(), ['stage'])
    expect(exit).toBe(0)
    expect(out).toContain('Usage: onclock stage')
  })

  it.each([
    [['rnu'], "unknown command 'rnu'", 'Did you mean run?'],
    [['stage', 'lss'], "unknown command 'lss'", 'Did you mean ls?'],
    [['run', '--deatch'], "unknown option '--deatch'", 'Did you mean --detach?'],
    [['--jsn', 'ls'], "unknown option '--jsn'", 'Did you mean --json?'],
    [['run', '--timeout', '5'], "argument '5' is invalid", 'It needs a unit'],
    [['run', '--set', 'x'], "argument 'x' is invalid", 'NAME=VALUE'],
    [['graph', '--format', 'png'], "argument 'png' is invalid", 'text, mermaid'],
    [['cancel'], "missing required argument 'RUN'", 'onclock --help'],
    [['ls', '--status', 'faild'], 'no run has the status "faild"', 'Did you mean "failed"?'],
  ])('refuses %j with exit code 2 and says what was meant', async (argv, message, hint) => {
    const { exit, out, err } = await typed(temporaryFolder(), argv)
    expect(exit).toBe(2)
    expect(out).toBe('')
    expect(err).toContain('USAGE')
    expect(err).toContain(message)
    expect(err).toContain(hint)
  })

  it('gives an error to programs as JSON on stdout, wherever --json stands', async () => {
    for (const argv of [
      ['--json', 'show'],
      ['show', '--json'],
    ]) {
      const { exit, out, err } = await typed(temporaryFolder(), argv)
      expect(exit).toBe(4)
      expect(JSON.parse(out)).toEqual({
        error: { code: 'RUN_NOT_FOUND', message: 'this project has no runs yet', hint: 'Start one: onclock run' },
      })
      expect(err).toContain('this project has no runs yet')
    }
    expect(JSON.parse((await typed(temporaryFolder(), ['rnu', '--json'])).out)).toMatchObject({ error: { code: 'USAGE' } })
  })

  it('shows a stack only with -v', async () => {
    expect((await typed(temporaryFolder(), ['show'])).err).not.toContain('    at ')
    expect((await typed(temporaryFolder(), ['show', '-v'])).err).toContain('    at ')
  })

  it('says that the folder named with -C is not there', async () => {
    const { exit, err } = await typed(temporaryFolder(), ['-C', 'nowhere', 'ls'])
    expect(exit).toBe(4)
    expect(err).toContain('there is no folder')
  })

  it('uses no colour where nobody looks, or where it is not wanted', async () => {
    // oxlint-disable-next-line no-control-regex -- it is what is looked for.
    const coloured = /\u001B\[/
    expect((await typed(temporaryFolder(), ['show'])).err).not.toMatch(coloured)
    expect((await typed(temporaryFolder(), ['show'], { env: { FORCE_COLOR: '1', NO_COLOR: '' } })).err).toMatch(coloured)
    expect((await typed(temporaryFolder(), ['show'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).err).not.toMatch(coloured)
  })
})
