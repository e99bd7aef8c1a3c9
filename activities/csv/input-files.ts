import { open, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { glob, isDynamicPattern } from 'tinyglobby'
import { OnclockError } from '../../pipeline/errors.ts'
import { shownPath } from './load-csv.ts'
import { requireFile } from './refuse-input.ts'
import { chooseMembers, isZip, listMembers } from './zip-members.ts'

/** A file that is read, or one member of an archive. */
export interface SourceFile {
  /** Absolute. */
  readonly path: string
  /** How it is named in `__file` and in messages. */
  readonly shown: string
  readonly member?: string
}

/** Whether what is written as an input may mean several files, or others tomorrow. */
export function isPattern(written: string | readonly string[]): boolean {
  return typeof written !== 'string' || isDynamicPattern(written)
}

/**
 * The files that an input means, as absolute paths, each once: a list in its order, the matches of a glob in natural order
 * (`part_2` before `part_10`). A name that is a file as it stands is no glob. A glob never matches what a run has written.
 */
export async function findInputFiles(written: string | readonly string[], projectDir: string): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const entry of typeof written === 'string' ? [written] : written)
    for (const path of await filesOf(entry, projectDir)) found.add(path)
  return [...found]
}

async function filesOf(entry: string, projectDir: string): Promise<readonly string[]> {
  const path = isAbsolute(entry) ? entry : join(projectDir, entry)
  if (!isDynamicPattern(entry) || (await isFile(path))) return [path]
  const ignore = /execution_|\.onclock/.test(entry) ? [] : ['**/execution_*/**', '**/.onclock/**']
  const matches = await glob(entry.replace(/^\.\//, ''), {
    cwd: projectDir,
    absolute: true,
    ignore: [...ignore, '**/node_modules/**'],
    expandDirectories: false,
  })
  return matches.sort(naturalOrder)
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** Numbers by their value, all else by code units, whatever the language of the machine. */
function naturalOrder(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const [one, other] = [left[at] as string, right[at] as string]
    if (one === other) continue
    const byValue = /^\d/.test(one) && /^\d/.test(other) ? compare(BigInt(one), BigInt(other)) : 0
    return byValue === 0 ? compare(one, other) : byValue
  }
  return left.length - right.length
}

const partsOf = (text: string): string[] => text.match(/\d+|\D+/g) ?? []
const compare = <Value extends string | bigint>(a: Value, b: Value): number => (a < b ? -1 : Number(a > b))

/**
 * What is read of an input, in order: its files, and of a zip archive the members that `member` names.
 * @throws OnclockError FILE_NOT_FOUND when nothing matches, INPUT_UNREADABLE where an archive does not say which member.
 */
export async function openInputFiles(
  written: string | readonly string[],
  projectDir: string,
  member: string | undefined,
): Promise<readonly [SourceFile, ...SourceFile[]]> {
  const paths = await findInputFiles(written, projectDir)
  const files: SourceFile[] = []
  for (const path of paths) files.push(...(await membersOf(path, shownPath(path, projectDir), member)))
  const [first, ...others] = files
  if (first === undefined) throw noMatch(written)
  return [first, ...others]
}

async function membersOf(path: string, shown: string, member: string | undefined): Promise<readonly SourceFile[]> {
  await requireFile(path, shown)
  if (!(await beginsAsZip(path))) return [{ path, shown }]
  const chosen = chooseMembers(await listMembers(path, shown), member, shown)
  const sorted = [...chosen].sort((a, b) => naturalOrder(a.name, b.name))
  if (sorted.length === 1) return sorted.map(({ name }) => ({ path, shown, member: name }))
  return sorted.map(({ name }) => ({ path, shown: `${shown}/${name}`, member: name }))
}

async function beginsAsZip(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return isZip(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

function noMatch(written: string | readonly string[]): OnclockError {
  const said = typeof written === 'string' ? written : written.join(', ')
  return new OnclockError('FILE_NOT_FOUND', `no file matches ${said}`, {
    hint: 'Globs are relative to the project folder; * stays within a folder, ** goes through all of them.',
  })
}
