import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkIntakeConfig, intakeConfigFiles } from '../../../../activities/stages/take-input-csv/check-config.ts'
import { takeInputCsvSchema } from '../../../../activities/stages/take-input-csv/config.ts'
import { type IntakeBench, lastOutDir, openIntakeBench, runIntake } from './run-intake.ts'

let bench: IntakeBench
beforeAll(async () => {
  bench = await openIntakeBench()
})
afterAll(() => bench.close())

const CSV = 'id,views\n1,10\n2,20\n3,\n4,x\n'
const config = (checks: readonly object[]): object => ({
  columns: { views: { type: 'integer' } },
  budget: { fail: '50%' },
  checks,
})

describe('checks of an intake', () => {
  test('measure what comes out, in the types of the columns', async () => {
    const { warnings, metadata } = await runIntake(bench, CSV, {
      ...config([
        { id: 'sum', measure: 'sum', column: 'views', warn: { max: 30 } },
        { id: 'kept', measure: 'rows', of: 'input', warn: { min: '80%' } },
      ]),
    })
    expect(metadata['checks']).toMatchObject([
      { id: 'sum', value: 30, status: 'passed' },
      { id: 'kept', value: 0.75, status: 'warn' },
    ])
    expect(warnings).toContain('check "kept": rows of the input is 75 %, which must be at least 80%')
  })

  test('stop the stage and keep its output by another name', async () => {
    const failing = config([{ id: 'full', measure: 'null_count', column: 'views', fail: { max: 0 } }])
    await expect(runIntake(bench, CSV, { ...failing })).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message: 'check "full": null_count of "views" is 1, which must be at most 0',
    })
    const names = readdirSync(lastOutDir(bench))
    expect(names.filter((name) => name.startsWith('stage1_failed_'))).toHaveLength(1)
    expect(names.filter((name) => name.startsWith('stage1_output_'))).toEqual([])
  })

  test('are validated, and their files are part of the config', async () => {
    const parsed = takeInputCsvSchema.parse(
      config([
        { id: 'a', measure: 'sum', column: 'views', of: 'input', warn: { min: '1%' } },
        { id: 'b', measure: 'references', column: 'id', in: { file: 'none.csv#id' }, fail: { max: '1%' } },
      ]),
    )
    const issues = await checkIntakeConfig(parsed, bench.dir)
    expect(issues.map(({ path }) => path.join('.'))).toEqual(['checks.0.of', 'checks.1.in'])
    expect(intakeConfigFiles(parsed)).toEqual(['none.csv'])
  })
})
