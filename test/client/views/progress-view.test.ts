import { describe, expect, it } from 'vitest'
import { progressView } from '../../../client/views/progress-view.ts'
import { widthOf } from '../../../client/views/text-width.ts'
import { MIDWAY, pending, snapshotOf, stage, START } from '../follow/snapshots.ts'
import { pageOf } from './page-of.ts'

const drawn = (text: string): string[] => text.split('\n').map((line) => line.trimEnd())

describe('progressView', () => {
  it('shows state, rows, rows a second, attempt and the next one, elapsed', () => {
    expect(drawn(progressView(MIDWAY)(pageOf(120)))).toEqual([
      '▶ TikTok videos · 20261124_143000 · 2 of 5 stages · 7s',
      '     stage       state                  rows  rows/s  attempt  elapsed',
      '  ✔  01_clean    completed            19,084   8,076              2.4s',
      '  ▶  02_rules    running    10,000 of 19,084   2,500  1 of 3        4s  applying the rules',
      '  ↻  03_score    retrying                             2 of 3            next in 4s · STAGE_FAILED: it returned false',
      '  -  04_off      skipped                                                disabled',
      '  ·  05_publish  waiting',
      '  Ctrl-C stops watching; the run goes on.',
    ])
  })

  it.each([40, 60, 80, 100])('is never wider than %i columns', (width) => {
    const lines = drawn(progressView(MIDWAY)(pageOf(width)))
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width)
    expect(lines.join('\n')).toContain('2 of 3')
  })

  it('is never higher than the terminal, and shows what moves', () => {
    const stages = Array.from({ length: 200 }, (_, index) => {
      if (index < 80) return stage(`s${index}`, { status: 'completed', duration_ms: 10 })
      return stage(`s${index}`, index === 150 ? { status: 'running', started_at: new Date(START).toISOString() } : {})
    })
    const lines = drawn(progressView(snapshotOf(stages, { pending: [pending('s150')] }))(pageOf(80, 24)))
    expect(lines.length).toBeLessThan(24)
    expect(lines.join('\n')).toContain('▶  s150')
    expect(lines.at(-2)).toMatch(/… 80 completed, \d+ waiting/)
  })

  it('tells what happens before there is a plan', () => {
    const before = snapshotOf([], { progress: null })
    expect(progressView(before)(pageOf())).toContain('waits for a worker')
    expect(progressView({ ...before, pending: [pending('plan')] })(pageOf())).toContain('planning')
    const again = { ...before, pending: [pending('plan', { attempt: 2, lastFailure: 'DISK_FULL: the disk is full' })] }
    expect(progressView(again)(pageOf())).toContain('planning, attempt 2: DISK_FULL: the disk is full')
  })

  it('tells what is wrong around the run', () => {
    expect(progressView({ ...MIDWAY, trouble: 'no worker takes up the run' })(pageOf())).toContain(
      '  ! no worker takes up the run',
    )
  })
})
