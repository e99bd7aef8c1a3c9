import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { temporaryFolder, write } from '../../support/stage-project.ts'
import { typed } from '../typed.ts'

interface Written {
  readonly pipeline: {
    readonly name: string
    readonly params: { readonly input_file: { readonly default: string } }
    readonly stages: readonly {
      readonly config: { readonly columns?: object; readonly encoding?: string; readonly delimiter?: string }
    }[]
  }
}

function pipelineIn(folder: string): Written['pipeline'] {
  return (parse(readFileSync(join(folder, 'config/main.yaml'), 'utf8')) as Written).pipeline
}

describe('init', () => {
  it('makes a project whose pipeline is valid, with a sample to run it on', async () => {
    const folder = temporaryFolder()
    const { exit, out, err } = await typed(folder, ['init'])
    expect(exit).toBe(0)
    expect(out.split('\n')).toEqual(['data/input.csv', 'config/main.yaml', 'package.json', '.gitignore', 'README.md', ''])
    expect(err).toContain('npx onclock run')
    expect(existsSync(join(folder, '.onclock/pipeline.schema.json'))).toBe(true)
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({ private: true, type: 'module' })
    expect(await typed(folder, ['validate'])).toMatchObject({ exit: 0, out: '✔ config/main.yaml is valid, 2 stages\n' })
  })

  it('fits the pipeline to a file: columns of its header with their types, and how it is read', async () => {
    const folder = temporaryFolder()
    const rows = Array.from(
      { length: 40 },
      (_, index) => `${index};075068326825930949${index};caf\u00E9 ${index};1.5;2026-10-0${(index % 9) + 1};no`,
    )
    writeFileSync(
      join(folder, 'video list.csv'),
      Buffer.from(['#;video_id;on;price: net;day;"a ""b"""', ...rows, ''].join('\r\n'), 'latin1'),
    )
    expect((await typed(folder, ['init', '--input', 'video list.csv'])).exit).toBe(0)
    const { name, params, stages } = pipelineIn(folder)
    expect(name).toBe('video list')
    expect(params.input_file.default).toBe('video list.csv')
    expect(stages[0]?.config).toMatchObject({ encoding: 'windows-1252', delimiter: ';' })
    expect(stages[0]?.config.columns).toEqual({
      '#': { type: 'integer' },
      video_id: { type: 'id' },
      on: { type: 'text' },
      'price: net': { type: 'decimal' },
      day: { type: 'date' },
      'a "b"': { type: 'text' },
    })
    expect(await typed(folder, ['validate'])).toMatchObject({ exit: 0 })
  })

  it('names a file outside the project by its full path', async () => {
    const outside = join(temporaryFolder(), 'data.csv')
    writeFileSync(outside, 'a,b\n1,2\n')
    const folder = temporaryFolder()
    expect((await typed(folder, ['init', '--input', outside])).exit).toBe(0)
    expect(pipelineIn(folder).params.input_file.default).toBe(outside)
  })

  it('overwrites nothing without --yes', async () => {
    const folder = temporaryFolder()
    write(folder, { 'package.json': '{"name": "mine"}', 'data/input.csv': 'own,file\n1,2\n' })
    const { exit, out, err } = await typed(folder, ['init'])
    expect(exit).toBe(0)
    expect(out).not.toContain('package.json')
    expect(err).toContain('package.json was there already and is as it was')
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe('{"name": "mine"}')
    expect(pipelineIn(folder).stages[0]?.config.columns).toEqual({ own: { type: 'integer' }, file: { type: 'integer' } })
    expect((await typed(folder, ['init'])).exit).toBe(2)
    expect((await typed(folder, ['init', '--yes'])).exit).toBe(0)
    expect(readFileSync(join(folder, 'data/input.csv'), 'utf8')).toBe('own,file\n1,2\n')
  })

  it.each([
    ['none.csv', null, 4, 'none.csv'],
    ['empty.csv', '', 3, 'empty.csv'],
    ['binary.csv', 'PK\u0003\u0004\u0000\u0000', 3, 'binary.csv'],
  ])('makes nothing for %s, and says why', async (name, text, code, message) => {
    const folder = temporaryFolder()
    if (text !== null) write(folder, { [name]: text })
    const { exit, err } = await typed(folder, ['init', '--input', name])
    expect(exit).toBe(code)
    expect(err).toContain(message)
    expect(existsSync(join(folder, 'config'))).toBe(false)
  })
})
