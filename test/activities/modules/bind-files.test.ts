import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bindFiles } from '../../../activities/modules/bind-files.ts'
import { ownModule, stageContext, temporaryFolder, write } from '../../support/stage-project.ts'

describe('bindFiles', () => {
  it.each([
    ['x_1.csv', 'csv'],
    ['x_1.parquet', 'parquet'],
  ] as const)('gives a program the file for people, %s, and not the copies of a stage', async (name, format) => {
    const folder = temporaryFolder()
    write(folder, { [name]: '', 'output.parquet': '', 'output-00001.parquet': '' })
    const common = { dataset: 'output', rows: 1, bytes: 0, sha256: '' }
    const copy = { ...common, public_name: '', format: 'parquet' as const }
    const files = [
      { ...common, path: join(folder, name), public_name: name, format },
      { ...copy, path: join(folder, 'output.parquet') },
      { ...copy, path: join(folder, 'output-00001.parquet') },
    ]
    const context = stageContext(folder, { inputs: { input: { stage: 'clean', dataset: 'output', files } } })
    const bound = await bindFiles(ownModule('command', 'command'), context)
    expect(bound.input).toEqual({ path: join(folder, name), shown: name, rows: 1 })
  })
})
