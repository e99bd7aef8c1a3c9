import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { spawnGuarded } from '../../activities/guard/spawn-guarded.ts'
import { KeptProcess } from '../../worker/kept-process.ts'
import { eventually } from '../support/process-table.ts'

let kept: KeptProcess | null = null
afterEach(() => kept?.stop())

describe('KeptProcess', () => {
  it('starts a process again when it was killed', async () => {
    const lost: number[] = []
    kept = new KeptProcess({
      start: () => spawnGuarded('sleep', ['60']),
      onLost: (_exit, failures) => lost.push(failures),
    })
    kept.start()
    const first = kept.pid
    kept.markHealthy()
    process.kill(first ?? 0, 'SIGKILL')
    expect(await eventually(() => kept?.pid !== null && kept?.pid !== first)).toBe(true)
    expect(lost).toEqual([1])
  })

  it('waits longer each time while the process does not become healthy', async () => {
    const at: number[] = []
    kept = new KeptProcess({ start: () => spawnGuarded('false', []), onLost: () => at.push(performance.now()) })
    kept.start()
    expect(await eventually(() => at.length >= 4)).toBe(true)
    const [first = 0, second = 0, third = 0, fourth = 0] = at
    expect(fourth - third).toBeGreaterThan(second - first)
    expect(kept.failures).toBeGreaterThanOrEqual(4)
  })

  it('tells of a command that cannot be started', async () => {
    const lost: (number | null)[] = []
    kept = new KeptProcess({ start: () => spawnGuarded('/nowhere/at-all', []), onLost: ({ code }) => lost.push(code) })
    kept.start()
    expect(await eventually(() => lost.length > 0)).toBe(true)
    expect(lost[0]).toBe(127)
  })

  it('starts nothing more once it was stopped, not even what was due', async () => {
    let starts = 0
    kept = new KeptProcess({
      start: () => {
        starts += 1
        return spawnGuarded('false', [])
      },
      onLost: () => void kept?.stop(),
    })
    kept.start()
    await sleep(500)
    expect(starts).toBe(1)
  })
})
