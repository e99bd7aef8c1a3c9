import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LogLevel } from '../pipeline/pipeline.ts'
import { isDiskFull } from './error-of.ts'
import type { StageLog } from './stage.ts'

const RANK: { readonly [level in LogLevel]: number } = { DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40 }

/**
 * A log that appends to the run's file. Each line is one write to a file opened for appending, so that lines of attempts
 * that run at once never mix. Lines below the level are left out. A full disk takes lines away and ends nothing: the next line
 * that finds room says how many.
 */
export function createRunLog(path: string, level: LogLevel, source: string): StageLog {
  mkdirSync(dirname(path), { recursive: true })
  let lost = 0
  const write = (at: LogLevel, message: string): void => {
    if (RANK[at] < RANK[level]) return
    const time = new Date().toISOString()
    const form = (as: LogLevel, line: string): string => `${time} ${as.padEnd(7)} [${source}] ${line}\n`
    const lines = message.split('\n').map((line) => form(at, line))
    // What was lost may have left half a line behind.
    const gap = lost === 0 ? '' : `\n${form('WARNING', `${lost} lines could not be written: the disk was full`)}`
    try {
      appendFileSync(path, gap + lines.join(''))
      lost = 0
    } catch (error) {
      if (!isDiskFull(error)) throw error
      lost += lines.length
    }
  }
  return {
    debug: (message) => write('DEBUG', message),
    info: (message) => write('INFO', message),
    warn: (message) => write('WARNING', message),
    error: (message) => write('ERROR', message),
  }
}
