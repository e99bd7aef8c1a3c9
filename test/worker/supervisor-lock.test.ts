import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageRoot } from '../../activities/package-root.ts'
import { isLiving, readHolder, takeLock } from '../../worker/supervisor-lock.ts'
import { eventually } from '../support/process-table.ts'

const TAKER = join(packageRoot, 'test/fixtures/processes/lock-taker.js')
const SELF = { port: 1, build: 'b', projectDir: '/p' }
let folder = ''
const children: ChildProcess[] = []
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'onclock-lock-'))))
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

/** Says `taken` or `refused` once it knows. */
function taker(): { child: ChildProcess; said: Promise<string> } {
  const child = spawn(process.execPath, [TAKER, join(packageRoot, 'dist/worker/supervisor-lock.js'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const said = new Promise<string>((resolve) => child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())))
  return { child, said }
}

describe('takeLock', () => {
  it('gives the project to one taker, and to the next one when it says that it has ended', () => {
    const first = takeLock(folder, SELF)
    expect(first?.isHeld()).toBe(true)
    expect(takeLock(folder, SELF)).toBeNull()
    first?.mark('ending')
    expect(takeLock(folder, SELF)).toBeNull()
    first?.mark('ended')
    expect(readHolder(folder)).toBeNull()
    expect(takeLock(folder, SELF)?.isHeld()).toBe(true)
    expect(first?.isHeld()).toBe(false)
  })

  it('keeps the token from other users', async () => {
    takeLock(folder, SELF)
    const [file = ''] = await readdir(folder)
    expect((await stat(join(folder, file))).mode & 0o077).toBe(0)
  })

  it('takes over from a process that was killed, however many try at once', async () => {
    for (let round = 1; round <= 4; round += 1) {
      const takers = Array.from({ length: 6 }, taker)
      const said = await Promise.all(takers.map((one) => one.said))
      expect(said.filter((word) => word === 'taken')).toHaveLength(1)
      expect(await readdir(folder)).toEqual([`supervisor-00000${round}.json`])
      takers[said.indexOf('taken')]?.child.kill('SIGKILL')
      expect(await eventually(() => !isLiving(readHolder(folder)))).toBe(true)
    }
  })

  it('takes over where the process ID belongs to another process now', async () => {
    takeLock(folder, SELF)
    const [file = ''] = await readdir(folder)
    const holder = JSON.parse(await readFile(join(folder, file), 'utf8')) as object
    await writeFile(join(folder, file), JSON.stringify({ ...holder, process_started_at: 'earlier' }))
    expect(takeLock(folder, SELF)).not.toBeNull()
  })

  it('takes over from a lock file that is broken', async () => {
    await writeFile(join(folder, 'supervisor-000007.json'), '{"pid": ')
    expect(takeLock(folder, SELF)?.isHeld()).toBe(true)
    expect(await readdir(folder)).toEqual(['supervisor-000008.json'])
  })

  it('is no longer held once the folder was cleared', async () => {
    const lock = takeLock(folder, SELF)
    for (const file of await readdir(folder)) await rm(join(folder, file))
    expect(lock?.isHeld()).toBe(false)
    takeLock(folder, SELF)
    expect(lock?.isHeld()).toBe(false)
  })
})
