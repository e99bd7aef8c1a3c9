import { randomUUID } from 'node:crypto'
import { constants, copyFile, link, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Creates a file with all its content or not at all, and never over another: the commit of everything that must happen
 * once. Written beside, made durable, then put in place by link(2), which fails when the name is taken.
 * @returns false when the file was there already; it is then untouched.
 */
export async function createOnce(path: string, content: string): Promise<boolean> {
  const beside = await writeBeside(path, content)
  try {
    await link(beside, path)
    await syncFolder(dirname(path))
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(beside, { force: true })
  }
}

/** Replaces a file that can be made again from others; readers see the old or the new one, whole. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const beside = await writeBeside(path, content)
  await orRemove(beside, () => rename(beside, path))
}

/** Gives a committed file a second name, in place of whatever had it; no bytes are copied. */
export async function publishFile(source: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const beside = `${path}.${randomUUID()}.tmp`
  await link(source, beside)
  await orRemove(beside, () => rename(beside, path))
  // rename(2) does nothing when both names are the same file already: the extra name would stay.
  await rm(beside, { force: true })
}

/**
 * Gives a committed file another name, that survives a loss of power as its bytes do. Where the file system cannot link
 * (another disk, too many links) the bytes are copied.
 */
export async function linkOrCopy(source: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  try {
    await link(source, path)
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK'].some((code) => isCode(error, code))) throw error
    await copyFile(source, path, constants.COPYFILE_EXCL)
    await syncFile(path)
  }
  await syncFolder(dirname(path))
}

/** The parsed content of a JSON file, or null where there is none. */
export async function readJson<T>(path: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return null
    throw error
  }
}

/** Whether a system error has this code, e.g. `ENOENT`. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}

/** Makes the bytes of a file that somebody else wrote survive a loss of power. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** A new name survives a loss of power only when its folder is written out too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function orRemove(beside: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

async function writeBeside(path: string, content: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  const beside = `${path}.${randomUUID()}.tmp`
  await orRemove(beside, async () => {
    const file = await open(beside, 'wx')
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
  })
  return beside
}
