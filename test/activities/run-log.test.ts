import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRunLog } from '../../activities/run-log.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'onclock-log-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

describe('the log of a run', () => {
  it('has a line for each line of a message, with time, level and source, and leaves out what is below its level', () => {
    const log = createRunLog(join(dir, 'logs', 'run.log'), 'INFO', 'clean')
    log.debug('not this')
    log.warn('one\ntwo')
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
    const lines = readFileSync(join(dir, 'logs', 'run.log'), 'utf8')
    expect(lines).toMatch(new RegExp(String.raw`^${time} WARNING \[clean\] one\n${time} WARNING \[clean\] two\n$`))
  })

  // The kernel answers every write to this device as a full disk does.
  it.skipIf(!existsSync('/dev/full'))(
    'ends nothing when the disk is full, and says later how many lines it lost [needs /dev/full]',
    () => {
      const path = join(dir, 'run.log')
      symlinkSync('/dev/full', path)
      const log = createRunLog(path, 'INFO', 'clean')
      log.info('one\ntwo')
      log.info('three')
      rmSync(path)
      log.info('four')
      log.info('five')
      expect(readFileSync(path, 'utf8').replaceAll(/^\S+ /gm, '')).toBe(
        '\nWARNING [clean] 3 lines could not be written: the disk was full\nINFO    [clean] four\nINFO    [clean] five\n',
      )
    },
  )

  it('throws what nothing but a person can mend', () => {
    const log = createRunLog(join(dir, 'run.log'), 'INFO', 'clean')
    rmSync(dir, { recursive: true })
    expect(() => log.info('one')).toThrow('ENOENT')
    createRunLog(join(dir, 'run.log'), 'INFO', 'clean')
  })
})
