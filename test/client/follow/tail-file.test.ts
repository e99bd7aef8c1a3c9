import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseLogLine } from '../../../client/follow/log-line.ts'
import { tailFile } from '../../../client/follow/tail-file.ts'
import { temporaryFolder } from '../../support/stage-project.ts'

async function linesOf(tail: AsyncIterable<string>): Promise<string[]> {
  const lines: string[] = []
  for await (const line of tail) lines.push(line)
  return lines
}

describe('tailFile', () => {
  it('waits for the file, gives out whole lines, and what was written before the stop', async () => {
    const path = join(temporaryFolder(), 'log')
    const stop = new AbortController()
    const lines: string[] = []
    const reading = (async () => {
      for await (const line of tailFile(path, { stop: stop.signal })) lines.push(line)
    })()
    await appendFile(path, 'one\ntw')
    await expect.poll(() => lines).toEqual(['one'])
    await appendFile(path, 'o\n\nünd')
    await expect.poll(() => lines).toEqual(['one', 'two', ''])
    await appendFile(path, ' drei\nrest')
    stop.abort()
    await reading
    expect(lines).toEqual(['one', 'two', '', 'ünd drei', 'rest'])
  })

  it('begins where it is told, and ends where there is no file', async () => {
    const path = join(temporaryFolder(), 'log')
    const stop = AbortSignal.abort()
    expect(await linesOf(tailFile(path, { stop }))).toEqual([])
    await appendFile(path, 'old\nnew\n')
    expect(await linesOf(tailFile(path, { stop, from: 4 }))).toEqual(['new'])
  })

  it('reads a log larger than one bite', async () => {
    const path = join(temporaryFolder(), 'log')
    await appendFile(path, 'ä'.repeat(99).concat('\n').repeat(2000))
    const lines = await linesOf(tailFile(path, { stop: AbortSignal.abort() }))
    expect(lines).toHaveLength(2000)
    expect(new Set(lines)).toEqual(new Set(['ä'.repeat(99)]))
  })
})

describe('parseLogLine', () => {
  it('takes a line apart, and leaves one of another form as it is', () => {
    expect(parseLogLine('2024-12-01T14:30:24.000Z WARNING [01 clean] 1 of [10]')).toMatchObject({
      level: 'WARNING',
      source: '01 clean',
      message: '1 of [10]',
    })
    expect(parseLogLine('Traceback')).toEqual({ text: 'Traceback', time: null, level: null, source: null, message: 'Traceback' })
  })
})
