import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LogLevel } from '../pipeline/pipeline.ts'
import type { StageLog } from './stage.ts'

const RANK: { readonly [level in LogLevel]: number } = { DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40 }

/**
 * A log that appends to the run's file. Each line is one write to a file opened for appending, so that lines of attempts
 * that run at once never mix. Lines below the level are left out.
 */
export function createRunLog(path: string, level: LogLevel, source: string): StageLog {
  mkdirSync(dirname(path), { recursive: true })
  const write = (at: LogLevel, message: string): void => {
    if (RANK[at] < RANK[level]) return
    const time = new Date().toISOString()
    const lines = message.split('\n').map((line) => `${time} ${at.padEnd(7)} [${source}] ${line}\n`)
    appendFileSync(path, lines.join(''))
  }
  return {
    debug: (message) => write('DEBUG', message),
    info: (message) => write('INFO', message),
    warn: (message) => write('WARNING', message),
    error: (message) => write('ERROR', message),
  }
}
