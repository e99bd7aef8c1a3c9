import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/stage-project.ts'
import { typed } from '../typed.ts'

const hasBash = spawnSync('bash', ['--version']).status === 0

async function completed(line: readonly string[]): Promise<string[]> {
  const { out } = await typed(temporaryFolder(), ['completion', 'bash'])
  const words = line.map((word) => `'${word}'`).join(' ')
  const ask = `COMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _onclock; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', `${out}\n${ask}`], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.split('\n').filter((word) => word !== '')
}

describe('completion', () => {
  it.skipIf(!hasBash)('completes commands, commands of a group, and options in Bash [needs bash]', async () => {
    expect(await completed(['onclock', 'r'])).toEqual(['run', 'resume', 'rows'])
    expect(await completed(['onclock', 'stage', ''])).toEqual(expect.arrayContaining(['ls', 'show', 'run', 'new']))
    expect(await completed(['onclock', 'stage', 'run', '--o'])).toEqual(['--out'])
    expect(await completed(['onclock', '-C', 'x', 'run', 'main', '--de'])).toEqual(['--detach'])
  })

  it('knows three shells', async () => {
    for (const shell of ['bash', 'zsh', 'fish'])
      expect(await typed(temporaryFolder(), ['completion', shell])).toMatchObject({ exit: 0, err: '' })
    expect(await typed(temporaryFolder(), ['completion', 'tcsh'])).toMatchObject({ exit: 2 })
  })
})
