import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { staticMeaning } from '../../../activities/planning/stage-meaning.ts'
import { describeDifference } from '../../../pipeline/fingerprint.ts'
import type { JsonObject } from '../../../pipeline/json.ts'
import { intakeStage } from './intake-stage.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'onclock-matched-'))
  await writeFile(join(dir, 'v_1.csv'), 'id\n1\n')
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const meaning = async (inputFile: string): Promise<JsonObject> => staticMeaning(dir, await intakeStage(dir, inputFile), [])

test('a file more among those that a glob matches changes the meaning, and one that it does not match changes nothing', async () => {
  const before = await meaning('v_*.csv')
  await writeFile(join(dir, 'w_1.csv'), 'id\n2\n')
  expect(describeDifference(before, await meaning('v_*.csv'))).toEqual([])
  await writeFile(join(dir, 'v_2.csv'), 'id\n2\n')
  expect(describeDifference(before, await meaning('v_*.csv'))).toEqual(['input added (v_2.csv)'])
})

test('the meaning of one file by its name has nothing of the kind', async () => {
  expect(await meaning('v_1.csv')).not.toHaveProperty('matched')
})
