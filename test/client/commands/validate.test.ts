import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, temporaryProject, write } from '../../support/stage-project.ts'
import { typed } from '../typed.ts'

const GOOD = `pipeline:
  name: x
  stages:
    - {name: clean, module: take_input_csv, config: {input_file: x.csv}}
`

const OWN = `pipeline:
  name: x
  stages:
    - {name: mine, module: stages/mine.ts, config: {column: 7}}
`

const MINE = `import { appendFileSync } from 'node:fs'
import { defineStage, z } from 'onclock'
appendFileSync(new URL('../loaded', import.meta.url), 'x')
export default defineStage({ config: z.object({ column: z.string() }), rows: 'filter', run() {} })
`

describe('validate', () => {
  it('says that a pipeline is valid, and writes the schema for editors', async () => {
    const folder = temporaryFolder()
    write(folder, { 'config/main.yaml': GOOD })
    expect(await typed(folder, ['validate'])).toEqual({ exit: 0, out: '✔ config/main.yaml is valid, 1 stage\n', err: '' })
    expect(existsSync(join(folder, '.onclock/pipeline.schema.json'))).toBe(true)
  })

  it('lists every fault of every file with its place and remedy, and ends with 2', async () => {
    const folder = temporaryFolder()
    write(folder, {
      'config/main.yaml': GOOD,
      'config/bad.yaml': GOOD.replace('input_file', 'imput_file').replace('name: x', 'nam: x'),
    })
    const { exit, out } = await typed(folder, ['validate', 'main', 'bad'])
    expect(exit).toBe(2)
    expect(out).toContain('✔ config/main.yaml is valid')
    expect(out).toMatch(/config\/bad\.yaml:2:3 {2}unknown key "nam"[^]*Did you mean "name"/)
    expect(out).toMatch(/config\/bad\.yaml:4:\d+ [^]*imput_file[^]*Did you mean "input_file"/)
  })

  it('gives faults to programs', async () => {
    const folder = temporaryFolder()
    write(folder, { 'config/main.yaml': GOOD.replace('take_input_csv', 'take_input') })
    const { exit, out } = await typed(folder, ['validate', '--json'])
    expect(exit).toBe(2)
    expect(JSON.parse(out)).toMatchObject([
      { file: 'config/main.yaml', ok: false, faults: [{ file: 'config/main.yaml', line: 4 }] },
    ])
  })

  it('takes a parameter that a run has to set for what it is', async () => {
    const folder = temporaryFolder()
    write(folder, {
      'config/main.yaml': GOOD.replace('  stages', '  params: {from: {type: path}}\n  stages').replace(
        'x.csv',
        '"${params.from}"',
      ),
    })
    const { exit, out } = await typed(folder, ['validate'])
    expect({ exit, out }).toMatchObject({ exit: 0, out: expect.stringContaining('run it with --set from=…') as string })
    expect((await typed(folder, ['validate', '--set', 'from=y.csv'])).out).toBe('✔ config/main.yaml is valid, 1 stage\n')
  })

  it('loads the schemas of the project’s own stages, and nothing of it with --no-code', async () => {
    const folder = temporaryProject({ 'config/main.yaml': OWN, 'stages/mine.ts': MINE })
    expect((await typed(folder, ['validate', '--no-code'])).exit).toBe(0)
    expect(existsSync(join(folder, 'loaded'))).toBe(false)
    const { exit, out } = await typed(folder, ['validate'])
    expect(exit).toBe(2)
    expect(out).toContain('column')
    expect(existsSync(join(folder, 'loaded'))).toBe(true)
  })

  it('names the pipelines there are when there is none of the name', async () => {
    const folder = temporaryFolder()
    write(folder, { 'config/main.yaml': GOOD })
    const { exit, err } = await typed(folder, ['validate', 'mian'])
    expect(exit).toBe(4)
    expect(err).toContain('Did you mean "main"?')
  })
})
