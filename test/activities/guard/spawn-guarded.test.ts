import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GuardedOptions, spawnGuarded } from '../../../activities/guard/spawn-guarded.ts'
import { packageRoot } from '../../../activities/package-root.ts'
import { eventually, processesWith } from '../../support/process-table.ts'

const guardModule = join(packageRoot, 'dist/activities/guard/spawn-guarded.js')
const parentScript = join(packageRoot, 'test/fixtures/processes/guarded-parent.js')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'onclock-guard-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A number no other process sleeps for: found again in the process table. */
function marker(): string {
  return String(700_000 + Math.floor(Math.random() * 100_000_000))
}

function run(
  script: string,
  options: GuardedOptions = {},
): { lines: string[]; errors: string[]; process: ReturnType<typeof spawnGuarded> } {
  const lines: string[] = []
  const errors: string[] = []
  const process = spawnGuarded('sh', ['-c', script], {
    onStdout: (l) => lines.push(l),
    onStderr: (l) => errors.push(l),
    ...options,
  })
  return { lines, errors, process }
}

describe('spawnGuarded', () => {
  test('hands over the lines of both streams and the exit code', async () => {
    const { lines, errors, process } = run('echo one; echo two >&2; printf "three"; exit 7')
    expect(await process.exited).toEqual({ code: 7, signal: null })
    expect(lines).toEqual(['one', 'three'])
    expect(errors).toEqual(['two'])
  })

  test('tells the signal that ended the command', async () => {
    const { process } = run('kill -9 $$')
    expect(await process.exited).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test('says by the code that there is no such command', async () => {
    expect(await spawnGuarded('no-such-command-here', []).exited).toEqual({ code: 127, signal: null })
  })

  test('rejects when the working directory does not exist', async () => {
    await expect(spawnGuarded('true', [], { cwd: join(folder, 'gone') }).exited).rejects.toThrow('ENOENT')
  })

  test('gives the process ID of the command itself', async () => {
    const { lines, process } = run('echo $$')
    await process.exited
    expect(lines).toEqual([String(process.pid)])
  })

  test('passes arguments as they are, with spaces, quotes and line ends', async () => {
    const odd = 'a "b" $HOME \'c\'\n*'
    const lines: string[] = []
    await spawnGuarded('printf', ['%s|', odd, ''], { onStdout: (l) => lines.push(l) }).exited
    expect(lines.join('\n')).toBe(`${odd}||`)
  })

  test('gives the child what is meant for its standard input, its folder and its environment, and no other descriptor', async () => {
    const { lines, process } = run('cat; pwd; echo "$GIVEN"; (: >&3) 2>/dev/null && echo open || echo closed', {
      stdin: 'typed\n',
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', GIVEN: 'yes' },
    })
    await process.exited
    expect(lines.slice(0, 1)).toEqual(['typed'])
    expect(lines[1]).toContain('onclock-guard-')
    expect(lines.slice(2)).toEqual(['yes', 'closed'])
  })

  test('survives a command that does not read its standard input', async () => {
    const { process } = run('exit 0', { stdin: 'x'.repeat(4_000_000) })
    expect(await process.exited).toEqual({ code: 0, signal: null })
  })

  test('appends both streams to a log file', async () => {
    const logFile = join(folder, 'both.log')
    await spawnGuarded('sh', ['-c', 'echo out; echo err >&2'], { logFile }).exited
    await spawnGuarded('sh', ['-c', 'echo again'], { logFile }).exited
    expect(readFileSync(logFile, 'utf8')).toBe('out\nerr\nagain\n')
  })

  test('hands over every line of a large output', async () => {
    const { lines, process } = run('i=0; while [ $i -lt 30000 ]; do echo "line $i ÄÖ€"; i=$((i+1)); done')
    await process.exited
    expect(lines).toHaveLength(30_000)
    expect(lines.at(-1)).toBe('line 29999 ÄÖ€')
  })

  test('stop ends the command and its grandchildren', async () => {
    const mark = marker()
    const { lines, process } = run(`sleep ${mark} & sh -c 'sleep ${mark} & wait' & echo ready; wait`)
    await eventually(() => lines.includes('ready') && processesWith(`sleep ${mark}`).length >= 2)
    await process.stop()
    expect(processesWith(mark)).toEqual([])
    expect((await process.exited).signal).toBe('SIGTERM')
    await process.stop()
  })

  test('sends KILL to what ignores TERM, after the grace', async () => {
    const mark = marker()
    const { lines, process } = run(`trap '' TERM; sleep ${mark} & echo ready; while :; do wait; done`, { graceMs: 300 })
    await eventually(() => lines.includes('ready'))
    const started = Date.now()
    await process.stop()
    expect(Date.now() - started).toBeGreaterThanOrEqual(290)
    expect(processesWith(mark)).toEqual([])
    expect((await process.exited).signal).toBe('SIGKILL')
  })

  test('lets a command that minds TERM end by itself', async () => {
    const { lines, process } = run(`trap 'echo tidied; exit 3' TERM; echo ready; while :; do sleep 0.05; done`)
    await eventually(() => lines.includes('ready'))
    await process.stop()
    expect(await process.exited).toEqual({ code: 3, signal: null })
    expect(lines).toEqual(['ready', 'tidied'])
  })

  test('stops when the signal fires, also when it had fired before the start', async () => {
    const mark = marker()
    const abort = new AbortController()
    const { process } = run(`sleep ${mark}`, { signal: abort.signal })
    await eventually(() => processesWith(`sleep ${mark}`).length > 0)
    abort.abort()
    expect((await process.exited).signal).toBe('SIGTERM')
    expect((await run(`sleep ${mark}`, { signal: abort.signal }).process.exited).signal).toBe('SIGTERM')
    expect(processesWith(mark)).toEqual([])
  })

  test('leaves nothing in the background when the command has ended', async () => {
    const mark = marker()
    const { process } = run(`sleep ${mark} & exit 4`)
    expect(await process.exited).toEqual({ code: 4, signal: null })
    expect(processesWith(mark)).toEqual([])
  })

  test('leaves no guard behind', async () => {
    const graceMs = 1_000 * (10_000 + Math.floor(Math.random() * 100_000))
    const guard = `onclock-guard ${graceMs / 100}`
    const { process } = run('read never', { graceMs, stdin: '' })
    await process.exited
    expect(await eventually(() => processesWith(guard).length === 0)).toBe(true)
    const held = run('sleep 100', { graceMs })
    expect(await eventually(() => processesWith(guard).length === 1)).toBe(true)
    await held.process.stop()
    expect(await eventually(() => processesWith(guard).length === 0)).toBe(true)
  })
})

describe('a taker of lines that throws', () => {
  test('ends the group, comes out where the end is awaited, and does not end this process', async () => {
    const mark = marker()
    const thrown = new Error('no room for lines')
    const { exited } = spawnGuarded('/bin/sh', ['-c', `echo one; echo two; sleep ${mark}`], {
      onStdout: () => {
        throw thrown
      },
      graceMs: 500,
    })
    await expect(exited).rejects.toBe(thrown)
    expect(processesWith(`sleep ${mark}`)).toEqual([])
  })
})

describe('the guard of a parent that is gone', () => {
  const startParent = (script: string, { ending = 'never', graceMs = 500 } = {}) => {
    const parent = spawn(process.execPath, [parentScript, guardModule, String(graceMs), ending, script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let output = ''
    parent.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    return { parent, ready: () => eventually(() => output.includes('ready')), output: () => output }
  }

  test('ends the whole group after kill -9 of the parent', async () => {
    const mark = marker()
    const { parent, ready } = startParent(`sleep ${mark} & sh -c 'sleep ${mark} & echo ready; wait' & wait`)
    expect(await ready()).toBe(true)
    expect(processesWith(`sleep ${mark}`).length).toBeGreaterThanOrEqual(2)
    parent.kill('SIGKILL')
    expect(await eventually(() => processesWith(mark).length === 0)).toBe(true)
  })

  test('sends KILL to what ignores TERM, the guard itself surviving to do it', async () => {
    const mark = marker()
    const { parent, ready } = startParent(`trap '' TERM; sleep ${mark} & echo ready; while :; do wait; done`)
    expect(await ready()).toBe(true)
    parent.kill('SIGKILL')
    await sleep(250)
    expect(processesWith(mark)).not.toEqual([])
    expect(await eventually(() => processesWith(mark).length === 0)).toBe(true)
  })

  test.each(['exit', 'throw'])('ends the group when the parent goes by %s', async (ending) => {
    const mark = marker()
    const { ready } = startParent(`sleep ${mark} & echo ready; wait`, { ending })
    expect(await ready()).toBe(true)
    expect(await eventually(() => processesWith(mark).length === 0)).toBe(true)
  })

  test('does not survive a parent that is killed while it starts', async () => {
    const mark = marker()
    for (let delay = 20; delay <= 120; delay += 10) {
      const { parent } = startParent(`sleep ${mark}`)
      await sleep(delay)
      parent.kill('SIGKILL')
    }
    expect(await eventually(() => processesWith(mark).length === 0)).toBe(true)
  })

  test('lets a parent whose child has ended end by itself', async () => {
    const { parent, output } = startParent('echo ready; exit 5')
    await new Promise((resolve) => parent.once('exit', resolve))
    expect(output()).toContain('ended {"code":5,"signal":null}')
  })
})
