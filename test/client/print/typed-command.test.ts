import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { typedCommand } from '../../../client/print/typed-command.ts'

describe('typedCommand', () => {
  it('puts npx in front where the shell would not find the command', () => {
    const typed = typedCommand({ PATH: '/nowhere:/project/node_modules/.bin' })
    expect(typed('next  onclock resume 20261124_221921 (npx onclock ls lists all) · about onclock: see the README')).toBe(
      'next  npx onclock resume 20261124_221921 (npx onclock ls lists all) · about onclock: see the README',
    )
  })

  it('finds the command behind a colour', () => {
    expect(typedCommand({ PATH: '' })('next \u001B[1monclock show\u001B[22m')).toBe('next \u001B[1mnpx onclock show\u001B[22m')
  })

  it('leaves text as it is where the command is installed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'onclock-path-'))
    await writeFile(join(folder, 'onclock'), '')
    expect(typedCommand({ PATH: `/nowhere:${folder}` })('onclock resume')).toBe('onclock resume')
    await rm(folder, { recursive: true })
  })
})
