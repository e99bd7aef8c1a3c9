import { describe, expect, it } from 'vitest'
import type { RunSummary } from '../../../client/project/run-summary.ts'
import { nextCommand, runSummaryView } from '../../../client/views/run-summary-view.ts'
import type { RunRecord } from '../../../pipeline/record.ts'
import { recordOf, stageEntry } from '../records.ts'
import { pageOf } from './page-of.ts'

const file = (path: string, rows: number | null) => ({
  dataset: 'output',
  path,
  format: 'csv' as const,
  rows,
  bytes: 4_100_000,
  sha256: 'x',
})

const TIKTOK = recordOf({
  warnings: ['01_clean: 298 of 19382 rows (1.54 %) were rejected'],
  stages: [
    stageEntry('01_clean', {
      rows: { in: 19_382, out: 19_084, rejected: 298, filtered: 0, duplicates: 0 },
      outputs: [file('stage1_output_20261124_143000.csv', 19_084), { ...file('x.jsonl', 298), format: 'jsonl' }],
      warnings: ['298 of 19382 rows (1.54 %) were rejected'],
    }),
    stageEntry('02_rules', { rows: { in: 19_084, out: 14_446, rejected: 0, filtered: 4607, duplicates: 31 }, duration_ms: 300 }),
    stageEntry('03_mail', { module: 'command', duration_ms: 20 }),
  ],
})

function summary(record: RunRecord, change: Partial<RunSummary> = {}): RunSummary {
  return {
    record,
    reasons: {},
    leftOutFiles: [],
    directory: 'data/output/execution_20261124_143000',
    log: 'logs/x.log',
    resumedAt: null,
    ui: null,
    ...change,
  }
}

const shown = (of: RunSummary, width?: number): string => runSummaryView(of)(pageOf(width))

describe('runSummaryView', () => {
  it('tells what came out, what was left out and why, where it is, and what is next', () => {
    const reasons = {
      '02_rules': [
        { rule: 'likes-fit-views', rows: 1968, what: 'filtered' },
        { rule: 'first-of-its-text', rows: 31, what: '' },
      ],
    }
    expect(shown(summary(TIKTOK, { reasons, ui: 'http://127.0.0.1:8233/x' })).split('\n')).toEqual([
      '✔ TikTok videos · run 20261124_143000 · completed with warnings in 3s',
      '',
      '     stage     state          in     out  rejected  filtered  duplicates   time',
      '  ✔  01_clean  completed  19,382  19,084       298         0           0   1.2s',
      '  ✔  02_rules  completed  19,084  14,446         0     4,607          31  300ms',
      '  ✔  03_mail   completed                                                   20ms',
      '',
      'rows',
      '  01_clean: 19,382 in = 19,084 out + 298 rejected  ✔',
      '  02_rules: 19,084 in = 14,446 out + 4,607 filtered + 31 duplicates  ✔',
      '  ✔ every row of these accounted for; not accounted: 03_mail',
      '',
      'left out',
      '  01_clean: 298 rejected (1.54 %)',
      '  02_rules: 4,607 filtered (24.1 %), 31 duplicates (0.16 %)',
      '    1,968  likes-fit-views  filtered',
      '       31  first-of-its-text',
      '',
      'warnings',
      '  ! 01_clean: 298 of 19382 rows (1.54 %) were rejected',
      '',
      'files in data/output/execution_20261124_143000/',
      '  stage1_output_20261124_143000.csv       19,084 rows  4.1 MB',
      '',
      'log         logs/x.log',
      'Temporal UI http://127.0.0.1:8233/x',
      'next        onclock show 20261124_143000 02_rules',
      '            onclock run --reuse 20261124_143000  after an edit: a new run that takes over what is unchanged',
    ])
  })

  it('marks no row as accounted for when the numbers do not add up', () => {
    const free = stageEntry('join', { rows: { in: 10, out: 25, rejected: 0, filtered: 0, duplicates: 0 } })
    const text = shown(summary(recordOf({ stages: [free] })))
    expect(text).toContain('join: 10 in = 25 out  keeps no balance')
    expect(text).not.toContain('✔ every row')
  })

  const counted = stageEntry('a', { rows: { in: 10, out: 10, rejected: 0, filtered: 0, duplicates: 0 } })
  it.each([
    ['every row', recordOf({ stages: [counted, stageEntry('off', { status: 'skipped' })] })],
    [
      'every row of the finished stages',
      recordOf({ status: 'running', stages: [counted, stageEntry('b', { status: 'running' })] }),
    ],
    [
      'every row of the finished stages',
      recordOf({ status: 'failed', stages: [counted, stageEntry('b', { status: 'skipped' })] }),
    ],
    [
      'every row of the finished stages',
      recordOf({ status: 'cancelled', stages: [counted, stageEntry('b', { status: 'cancelled' })] }),
    ],
    ['every row of the finished stages', recordOf({ stages: [counted, stageEntry('may-fail', { status: 'failed' })] })],
  ])('says that %s is accounted for, and no more', (which, record) => {
    expect(shown(summary(record))).toContain(`  ✔ ${which} accounted for`)
  })

  it('leaves the pause before a resume out of the time', () => {
    const record = recordOf({ started_at: '2026-11-23T10:00:00.000Z' })
    expect(shown(summary(record, { resumedAt: '2026-11-24T14:30:00.000Z' }))).toContain('completed in 3s since its resume')
  })

  it('says so when the rules count a row more than once', () => {
    const twice = [1, 2].map((n) => ({ rule: `rule-${n}`, rows: 298, what: 'rejected' }))
    expect(shown(summary(TIKTOK, { reasons: { '01_clean': twice } }))).toContain(
      '(a row that breaks several rules counts for each)',
    )
    expect(shown(summary(TIKTOK, { reasons: { '01_clean': twice.slice(1) } }))).not.toContain('counts for each')
  })

  it('gives error, remedy, the rows that stopped it, and resume', () => {
    const error = { code: 'BUDGET_EXCEEDED', message: '40 % were rejected', hint: 'Mend the input.' }
    const failed = recordOf({
      status: 'failed',
      error,
      stages: [stageEntry('01_clean', { status: 'failed', attempts: 3, error })],
    })
    const text = shown(summary(failed, { leftOutFiles: ['stage1_rejected_x.csv'] }))
    expect(text).toContain('✖ TikTok videos · run 20261124_143000 · failed in 3s')
    expect(text).toContain('✖ BUDGET_EXCEEDED  01_clean: 40 % were rejected\n  → Mend the input.')
    expect(text).toContain('3 attempts')
    expect(text).toContain('rows that stopped the run: data/output/execution_20261124_143000/stage1_rejected_x.csv')
    expect(text).toContain('next        onclock resume 20261124_143000')
  })
})

describe('nextCommand', () => {
  it.each([
    ['running', 'onclock watch 20261124_143000'],
    ['cancelled', 'onclock resume 20261124_143000'],
    ['terminated', 'onclock resume 20261124_143000'],
    ['timed_out', 'onclock resume 20261124_143000'],
    ['completed', 'onclock show 20261124_143000'],
  ] as const)('after %s is %s', (status, command) => {
    expect(nextCommand(recordOf({ status }))).toBe(command)
  })
})
