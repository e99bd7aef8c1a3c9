import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hashModule } from '../../../activities/modules/module-hash.ts'
import { temporaryProject, write } from '../../support/stage-project.ts'

describe('hashModule of a TypeScript module', () => {
  const files = {
    'stages/a.ts': `import { b } from './b.ts'\nimport { parse } from 'csv-parse'\nexport const run = () => b && parse`,
    'stages/b.ts': `import data from '../data.json' with { type: 'json' }\nexport const b = async () => [data, await import('./late.ts')]`,
    'stages/late.ts': 'export default 1',
    'data.json': '{"a": 1}',
    'stages/other.ts': 'export {}',
  }
  const hash = (project: string) => hashModule(project, 'typescript', 'stages/a.ts')

  test('is the same wherever the project lies', async () => {
    expect(await hash(temporaryProject(files))).toBe(await hash(temporaryProject(files)))
  })

  test.each(['stages/a.ts', 'stages/b.ts', 'stages/late.ts', 'data.json'])('changes with %s', async (path) => {
    const project = temporaryProject(files)
    const before = await hash(project)
    write(project, { [path]: `${files[path as keyof typeof files]} ` })
    expect(await hash(project)).not.toBe(before)
  })

  test('does not change with a file that is not imported', async () => {
    const project = temporaryProject(files)
    const before = await hash(project)
    write(project, { 'stages/other.ts': 'export const x = 1' })
    expect(await hash(project)).toBe(before)
  })

  test('of a file that does not parse is that of its text', async () => {
    const project = temporaryProject({ 'stages/a.ts': 'const (' })
    const before = await hash(project)
    write(project, { 'stages/a.ts': 'const ((' })
    expect(await hash(project)).not.toBe(before)
  })

  test('is refused where there is no file', async () => {
    await expect(hash(temporaryProject({}))).rejects.toMatchObject({ code: 'STAGE_MODULE_NOT_FOUND' })
  })
})

describe('hashModule of a Python module', () => {
  const files = {
    'src/01_a.py':
      'import os, src.plain as p\nfrom src.pkg import (one,  # the first\n  two)\nfrom .beside import x\ndef run(config):\n    from lazy import y\n    import importlib\n    importlib.import_module("src.03_named")',
    'src/plain.py': '',
    'src/pkg/__init__.py': 'from . import three',
    'src/pkg/one.py': 'from ..upper import z',
    'src/pkg/two.py': '',
    'src/pkg/three.py': '',
    'src/beside.py': 'x = 1',
    'src/upper.py': 'from src.pkg import one',
    'lazy.py': 'y = 1',
    'src/03_named.py': '',
    'src/other.py': '',
  }
  const hash = (project: string) => hashModule(project, 'python', 'src.01_a')
  const imported = Object.keys(files).filter((path) => path !== 'src/other.py')

  test('is the same wherever the project lies', async () => {
    expect(await hash(temporaryProject(files))).toBe(await hash(temporaryProject(files)))
  })

  test.each(imported)('changes with %s', async (path) => {
    const project = temporaryProject(files)
    const before = await hash(project)
    write(project, { [path]: `${files[path as keyof typeof files]}\n# edited` })
    expect(await hash(project)).not.toBe(before)
  })

  test('does not change with a file that is not imported', async () => {
    const project = temporaryProject(files)
    const before = await hash(project)
    rmSync(join(project, 'src/other.py'))
    expect(await hash(project)).toBe(before)
  })
})
