import { describe, expect, it } from 'vitest'
import { IdleWatch } from '../../worker/idle-watch.ts'
import { LeaseTable } from '../../worker/lease-table.ts'

const LINGER = 600_000

describe('LeaseTable', () => {
  it('ends at once where no lease had a terminal', () => {
    const table = new LeaseTable(0)
    const [a, b] = [{}, {}]
    table.take(a, false)
    table.take(b, false)
    table.drop(a, 100)
    expect(table.mayEnd(100, LINGER)).toBe(false)
    table.drop(b, 200)
    expect(table.mayEnd(200, LINGER)).toBe(true)
  })

  it('waits after the last lease when any lease had a terminal', () => {
    const table = new LeaseTable(0)
    const [a, b] = [{}, {}]
    table.take(a, true)
    table.drop(a, 100)
    table.take(b, false)
    table.drop(b, 1_000)
    expect(table.mayEnd(1_000 + LINGER - 1, LINGER)).toBe(false)
    expect(table.mayEnd(1_000 + LINGER, LINGER)).toBe(true)
  })

  it('counts the time from the last open run, too', () => {
    const table = new LeaseTable(0)
    const a = {}
    table.take(a, true)
    table.drop(a, 0)
    table.sawOpenRun(500_000)
    expect(table.mayEnd(LINGER, LINGER)).toBe(false)
    expect(table.mayEnd(500_000 + LINGER, LINGER)).toBe(true)
  })

  it('gives the command that started it some seconds to come', () => {
    const table = new LeaseTable(0)
    expect(table.mayEnd(4_999, LINGER)).toBe(false)
    expect(table.mayEnd(5_000, LINGER)).toBe(true)
  })

  it('counts a lease that ended twice once', () => {
    const table = new LeaseTable(0)
    const [a, b] = [{}, {}]
    table.take(a, false)
    table.take(b, false)
    table.drop(a, 1)
    table.drop(a, 2)
    expect(table.count).toBe(1)
  })
})

describe('IdleWatch', () => {
  function watch(openRuns: (number | Error)[], stuck = false): { table: LeaseTable; idle: IdleWatch; asked: () => number } {
    const table = new LeaseTable(0)
    let asked = 0
    const idle = new IdleWatch(table, LINGER, {
      async countOpenRuns() {
        const answer = openRuns[Math.min(asked, openRuns.length - 1)] ?? 0
        asked += 1
        if (answer instanceof Error) throw answer
        return answer
      },
      isWorkerStuck: () => stuck,
    })
    const lease = {}
    table.take(lease, false)
    table.drop(lease, 0)
    return { table, idle, asked: () => asked }
  }

  it('looks twice, since a run just started may not be visible yet', async () => {
    const { idle } = watch([0])
    expect(await idle.isIdle(1_000)).toBe(false)
    expect(await idle.isIdle(1_500)).toBe(true)
  })

  it('asks nothing while somebody holds a lease', async () => {
    const { table, idle, asked } = watch([0])
    table.take({}, false)
    expect(await idle.isIdle(1_000)).toBe(false)
    expect(asked()).toBe(0)
  })

  it('stays for an open run and looks again after some seconds', async () => {
    const { idle, asked } = watch([2, 0, 0])
    expect(await idle.isIdle(1_000)).toBe(false)
    expect(await idle.isIdle(1_500)).toBe(false)
    expect(asked()).toBe(1)
    expect(await idle.isIdle(4_000)).toBe(false)
    expect(await idle.isIdle(4_500)).toBe(true)
  })

  it('stays when the server does not say', async () => {
    const { idle } = watch([new Error('no answer')])
    for (const now of [1_000, 5_000, 9_000]) expect(await idle.isIdle(now)).toBe(false)
  })

  it('does not stay for open runs that no worker can take up', async () => {
    const { idle } = watch([3], true)
    expect(await idle.isIdle(1_000)).toBe(true)
  })
})
