import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRunStore } from '../../../activities/store/run-store.ts'
import { takeOver, withRunId } from '../../../activities/store/take-over.ts'
import type { CommittedFile } from '../../../pipeline/record.ts'
import { temporaryFolder, write } from '../../support/stage-project.ts'
import { commitRecord } from './stored-samples.ts'

const FROM = '20241201_143022'
const TO = '20241201_150000'

function file(path: string, publicName: string): CommittedFile {
  return { dataset: 'output', path, public_name: publicName, format: 'csv', rows: 1, bytes: 4, sha256: 'aa' }
}

describe('takeOver', () => {
  it('of another run: links its files, and calls them as this run and place do', async () => {
    const folder = temporaryFolder()
    const [from, store] = [createRunStore(join(folder, 'a')), createRunStore(join(folder, 'b'))]
    const path = '.onclock/attempts/clean/g1_1_abc/sub/rows.csv'
    write(from.layout(FROM).dir, { [path]: 'rows' })
    const prior = commitRecord({
      run_id: FROM,
      inputs: [
        { path: `other_${FROM}.csv`, stage: 'other', sha256: 'bb', bytes: 1 },
        { path: `data/in_${FROM}.csv`, sha256: 'cc', bytes: 1 },
      ],
      outputs: [file(path, `stage1_rejected_${FROM}.csv`), file(path.replace('rows', 'plain'), 'plain.csv')],
    })
    write(from.layout(FROM).dir, { [path.replace('rows', 'plain')]: 'more' })
    const taken = await takeOver({ store, runId: TO, generation: 'g2', stage: 'clean', stageNumber: 3 }, prior, from)
    expect(taken).toMatchObject({ run_id: TO, generation: 'g2', reused_from: 'g1', reused_from_run: FROM })
    expect(taken.outputs.map(({ public_name: name }) => name)).toEqual([`stage3_rejected_${TO}.csv`, 'plain.csv'])
    expect(taken.inputs.map((input) => input.path)).toEqual([`other_${TO}.csv`, `data/in_${FROM}.csv`])
    const linked = join(store.layout(TO).dir, taken.outputs[0]?.path ?? '')
    expect(readFileSync(linked, 'utf8')).toBe('rows')
    expect(statSync(linked).ino).toBe(statSync(join(from.layout(FROM).dir, path)).ino)
  })

  it('within a run: keeps the files where they are', async () => {
    const store = createRunStore(temporaryFolder())
    const prior = commitRecord({ outputs: [file('x/y', `stage1_filtered_${FROM}.csv`)] })
    const taken = await takeOver({ store, runId: FROM, generation: 'g2', stage: 'clean', stageNumber: 2 }, prior, store)
    expect(taken.outputs).toEqual([file('x/y', `stage2_filtered_${FROM}.csv`)])
    expect(taken).not.toHaveProperty('reused_from_run')
  })
})

describe('withRunId', () => {
  it.each([
    [`clean_${FROM}.csv`, `clean_${TO}.csv`],
    [`clean_${FROM}`, `clean_${TO}`],
    [`clean_${FROM}_2.csv`, `clean_${FROM}_2.csv`],
    ['clean.csv', 'clean.csv'],
    [`${FROM}.csv`, `${FROM}.csv`],
  ])('turns %s into %s', (name, renamed) => {
    expect(withRunId(name, FROM, TO)).toBe(renamed)
  })
})
