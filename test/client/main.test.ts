import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../activities/package-root.ts'
import { temporaryFolder } from '../support/stage-project.ts'
import { storedRun } from './stored-run.ts'

const main = join(packageRoot, 'dist/client/main.js')
const LINE = '2024-12-01T14:30:22.000Z INFO    [01_clean] started\n'

describe('the process', () => {
  it('ends with 0 when whoever reads its output has seen enough', async () => {
    const folder = temporaryFolder()
    await storedRun(folder, '20241201_143022', { status: 'completed', log: LINE.repeat(50_000) })
    const child = spawn(process.execPath, [main, 'logs'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.once('data', () => child.stdout.destroy())
    expect(await exitOf(child)).toEqual({ code: 0, signal: null })
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with the code of %s', async (signal, code) => {
    const folder = temporaryFolder()
    await storedRun(folder, '20241201_143022', { log: LINE })
    const child = spawn(process.execPath, [main, 'logs', '-f'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.once('data', () => child.kill(signal))
    expect(await exitOf(child)).toEqual({ code, signal: null })
  })
})

function exitOf(child: ReturnType<typeof spawn>): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })))
}
