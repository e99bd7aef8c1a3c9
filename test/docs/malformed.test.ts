import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MalformedRule } from '../../activities/csv/malformed.ts'
import { openRuleProject, type RuleProject, runStage } from '../activities/stages/rule-based-filtering/run-rules.ts'
import { takeInputCsv } from '../../activities/stages/take-input-csv/stage.ts'
import { cellsOf, readPage } from './pages.ts'

const RULES: Readonly<Record<MalformedRule, true>> = {
  too_many_fields: true,
  too_few_fields: true,
  stray_quote: true,
  text_after_quote: true,
  unclosed_quote: true,
  invalid_byte: true,
  nul_character: true,
  repeated_header: true,
}

/** Rule and example of each row of the table. */
const shown = readPage('docs/intake.md')
  .split('\n')
  .filter((line) => /^\| `\w+` \| .* \| `.*` \|$/.test(line))
  .map((line) => cellsOf(line).map((cell) => cell.replaceAll('`', '')))
  .map(([rule = '', , example = '']) => [rule, example] as const)

describe('malformed records on the page of intake', () => {
  let project: RuleProject
  beforeAll(async () => {
    project = await openRuleProject()
  })
  afterAll(() => project.close())

  it('are all there', () => {
    expect(shown.map(([rule]) => rule).toSorted()).toEqual(Object.keys(RULES).toSorted())
  })

  it.each(shown)('are named %s where the record is %s', async (rule, example) => {
    const bytes = example.replaceAll(/\\x(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    const text = Buffer.concat([Buffer.from('a,b\né,"quoted"\n'), Buffer.from(`${bytes}\n`, 'latin1'), Buffer.from('3,4\n')])
    writeFileSync(join(project.projectDir, 'rows.csv'), text)
    const config = { input_file: 'rows.csv', budget: { fail: '100%' } }
    const run = await runStage(takeInputCsv, project, config, {})
    expect(run.result.metadata['rejected_by_rule']).toEqual({ [rule]: 1 })
    expect(run.result.rows).toMatchObject({ in: 3, out: 2, rejected: 1 })
  })
})
