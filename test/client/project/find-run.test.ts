import { describe, expect, it } from 'vitest'
import { findRun, findRunOrId } from '../../../client/project/find-run.ts'
import { temporaryFolder } from '../../support/stage-project.ts'
import { storedRun } from '../stored-run.ts'

async function project(): Promise<string> {
  const folder = temporaryFolder()
  await storedRun(folder, '20241201_143022', { status: 'failed' })
  await storedRun(folder, '20241202_143022_2', { status: 'completed' })
  await storedRun(folder, '20241202_150000', { status: 'completed' })
  return folder
}

describe('findRun', () => {
  it.each([
    [undefined, '20241202_150000'],
    ['latest', '20241202_150000'],
    ['latest-failed', '20241201_143022'],
    ['20241202_143022_2', '20241202_143022_2'],
    ['1500', '20241202_150000'],
    ['1201', '20241201_143022'],
  ])('takes %s for %s', async (named, runId) => {
    expect((await findRun(await project(), named)).runId).toBe(runId)
  })

  it('takes a whole ID for itself although it is part of another', async () => {
    const folder = await project()
    await storedRun(folder, '20241202_143022', { status: 'completed' })
    expect((await findRun(folder, '20241202_143022')).runId).toBe('20241202_143022')
  })

  it('refuses what several runs have in their IDs, and lists them', async () => {
    await expect(findRun(await project(), '143022')).rejects.toMatchObject({
      code: 'USAGE',
      message: '"143022" is part of 2 run IDs: 20241202_143022_2, 20241201_143022',
    })
  })

  it('says what there is when nothing matches', async () => {
    await expect(findRun(await project(), '999999')).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
      hint: expect.stringContaining('20241202_150000') as string,
    })
    await expect(findRun(temporaryFolder(), 'latest-failed')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  })
})

describe('findRunOrId', () => {
  it('takes the ID of a run that is only just starting as it is', async () => {
    expect(await findRunOrId(await project(), '20261231_235959')).toEqual({ runId: '20261231_235959' })
    await expect(findRunOrId(await project(), 'nonsense')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  })
})
