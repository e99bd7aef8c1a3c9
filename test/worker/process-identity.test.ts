import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { endProcess } from '../../worker/leftovers.ts'
import { identifyProcess, isSameProcess, processesWithCommand } from '../../worker/process-identity.ts'

describe('identifyProcess', () => {
  it('knows a living process by its start and its command, and no more once it ended', async () => {
    const mark = `mark-${process.pid}-${Date.now()}`
    const child = spawn('/bin/sh', ['-c', 'read line', mark], { stdio: ['pipe', 'ignore', 'ignore'] })
    const identity = identifyProcess(child.pid ?? 0)
    expect(identity?.command).toContain(mark)
    expect(processesWithCommand(mark).map(({ pid }) => pid)).toEqual([child.pid])
    expect(isSameProcess({ pid: child.pid ?? 0, startedAt: 'earlier' })).toBe(false)
    if (identity === null) throw new Error('unreachable')
    expect(isSameProcess(identity)).toBe(true)
    await endProcess({ ...identity, startedAt: 'earlier' }, () => undefined)
    expect(isSameProcess(identity)).toBe(true)
    await endProcess(identity, () => undefined)
    expect(isSameProcess(identity)).toBe(false)
  })

  it('finds nothing where there is nothing', () => {
    expect(identifyProcess(2 ** 22 + 1)).toBeNull()
  })
})
