import { randomBytes } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OnclockError } from '../pipeline/errors.ts'
import { identifyProcess, isSameProcess } from './process-identity.ts'

/** Who supervises a project, as its lock file says; only this user can read it. */
export interface Holder {
  readonly pid: number
  readonly process_started_at: string
  /** On 127.0.0.1; whoever answers there is the supervisor only if it knows the token. */
  readonly port: number
  readonly token: string
  readonly build: string
  readonly project_dir: string
  readonly state: 'running' | 'ending' | 'ended'
}

export interface SupervisorLock {
  readonly holder: Holder
  /** False once the file is gone or another generation has begun: then this process supervises nothing any more. */
  isHeld(): boolean
  /** Says that no new command should wait for an answer, or that the project is free. */
  mark(state: 'ending' | 'ended'): void
}

const NAME = /^supervisor-(\d{6,})\.json$/

/**
 * Takes the project for this process; null when a living supervisor has it.
 *
 * Each holder creates the next numbered file by an exclusive link, and only a holder removes files, those below its own. So
 * no stale lock is ever removed to make room for a new one, which is where two takers can remove each other's.
 */
export function takeLock(stateDir: string, self: { port: number; build: string; projectDir: string }): SupervisorLock | null {
  const holder: Holder = {
    pid: process.pid,
    process_started_at: identifyProcess(process.pid)?.startedAt ?? '',
    port: self.port,
    token: randomBytes(24).toString('hex'),
    build: self.build,
    project_dir: self.projectDir,
    state: 'running',
  }
  for (;;) {
    const newest = newestLock(stateDir)
    if (newest !== null && isLiving(newest.holder)) return null
    const generation = (newest?.generation ?? 0) + 1
    if (!linkInto(stateDir, generation, holder)) continue
    // A taker that was slow to act on what it had seen may come after one or more later generations.
    if ((newestLock(stateDir)?.generation ?? 0) > generation) {
      rmSync(fileOf(stateDir, generation), { force: true })
      return null
    }
    removeBelow(stateDir, generation)
    return lockOf(stateDir, generation, holder)
  }
}

/** The supervisor of the project as its newest lock file says, living or not; null when there is none or it ended. */
export function readHolder(stateDir: string): Holder | null {
  const newest = newestLock(stateDir)
  return newest === null || newest.holder === null || newest.holder.state === 'ended' ? null : newest.holder
}

/** Whether the holder is a living process, and the one that wrote the file. */
export function isLiving(holder: Holder | null): boolean {
  return holder !== null && holder.state !== 'ended' && isSameProcess({ pid: holder.pid, startedAt: holder.process_started_at })
}

function lockOf(stateDir: string, generation: number, holder: Holder): SupervisorLock {
  const isHeld = (): boolean => {
    const newest = newestLock(stateDir)
    return newest?.generation === generation && newest.holder?.token === holder.token
  }
  return {
    holder,
    isHeld,
    mark(state) {
      if (!isHeld()) return
      const draft = writeDraft(stateDir, { ...holder, state })
      renameSync(draft, fileOf(stateDir, generation))
    },
  }
}

function newestLock(stateDir: string): { generation: number; holder: Holder | null } | null {
  const generations = listDir(stateDir).flatMap((file) => Number(NAME.exec(file)?.[1] ?? []))
  if (generations.length === 0) return null
  const generation = Math.max(...generations)
  return { generation, holder: readLock(fileOf(stateDir, generation)) }
}

function readLock(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') return null
    // To take it for a stale lock would put a second server on the same database.
    throw new OnclockError('NO_PERMISSION', `Another user's onclock has this project: ${file} cannot be read.`, {
      hint: 'Work on the project as one user, or in a folder of your own.',
      cause: error,
    })
  }
}

function linkInto(stateDir: string, generation: number, holder: Holder): boolean {
  const draft = writeDraft(stateDir, holder)
  try {
    linkSync(draft, fileOf(stateDir, generation))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDraft(stateDir: string, holder: Holder): string {
  const draft = join(stateDir, `.supervisor-${process.pid}-${randomBytes(4).toString('hex')}`)
  writeFileSync(draft, `${JSON.stringify(holder)}\n`, { mode: 0o600, flag: 'wx' })
  return draft
}

function removeBelow(stateDir: string, generation: number): void {
  for (const file of listDir(stateDir)) {
    const match = NAME.exec(file)
    if (match !== null && Number(match[1]) < generation) rmSync(join(stateDir, file), { force: true })
  }
}

function fileOf(stateDir: string, generation: number): string {
  return join(stateDir, `supervisor-${String(generation).padStart(6, '0')}.json`)
}

function listDir(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
