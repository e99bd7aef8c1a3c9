import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../activities/duckdb.ts'
import { runStageAlone } from '../../activities/run-alone.ts'
import { comparisonText, isSound } from '../../bench/comparison-text.ts'
import { stageConfigs } from '../../bench/contenders.ts'
import { generateRows } from '../../bench/generate-rows.ts'
import { measureProcess } from '../../bench/measure-process.ts'
import { digestOutputs, type OutputDigest, ourFiles, peerFiles } from '../../bench/output-hash.ts'
import { type Comparison, median } from '../../bench/run-peers.ts'
import { packageRoot } from '../../activities/package-root.ts'

let project: string
let database: Database
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'onclock-test-'))
  database = await openDatabase({ spillDir: join(project, 'spill') })
  await mkdir(join(project, 'data'))
  await generateRows(join(project, 'data/input.csv'), { rows: 2000 })
})
afterAll(async () => {
  database.close()
  await rm(project, { recursive: true, force: true })
})

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

describe('generateRows', () => {
  test('gives the same bytes for the same seed, and others for another', async () => {
    const hashOf = async (name: string, seed: number): Promise<string> => {
      await generateRows(join(project, name), { rows: 2000, seed })
      return createHash('sha256')
        .update(await readFile(join(project, name)))
        .digest('hex')
    }
    expect(await hashOf('seven.csv', 7)).toBe('97efea7520c05743896a90d66a1bc2ef7cdcdfadd8f65e0dbc26388879690dcf')
    expect(await hashOf('eight.csv', 8)).not.toBe(await hashOf('seven.csv', 7))
  })
})

describe('the two stages of the comparison', () => {
  test('give the known counts on 2,000 rows, and the rows of csv-parse in the same order', async () => {
    const ours = await runOurs()
    expect(ours.rows).toEqual({ stage1: 1973, stage2: 1308, leftOut: 665 })
    expect(ours.rules).toEqual({ bad_text: 227, duration: 197, banned: 116, min_views: 110, short_text: 15 })
    const out = join(project, 'peer')
    await mkdir(out)
    await measureProcess([process.execPath, join(packageRoot, 'bench/peers/csv-parse-peer.js'), 'data/input.csv', out], project)
    const theirs = await digest(peerFiles(out))
    expect(theirs).toEqual(ours)
  })
})

describe('digestOutputs', () => {
  test('tells another order from other rows, and takes 1 and 1.0 for the same number', async () => {
    const rows = ['1,claim,70,5,some text,verified,active,1000.0,,,,', '2,opinion,71,6,other text,verified,active,1000.0,,,,']
    const asIs = await digestRows('as-is', rows)
    const turned = await digestRows('turned', rows.toReversed())
    const other = await digestRows('other', [rows[0] ?? '', (rows[1] ?? '').replace('71', '72')])
    const written = await digestRows('written', [(rows[0] ?? '').replace('1,', '1.0,'), rows[1] ?? ''])
    expect(turned.unordered).toBe(asIs.unordered)
    expect(turned.ordered).not.toBe(asIs.ordered)
    expect(other.unordered).not.toBe(asIs.unordered)
    expect(written).toEqual(asIs)
  })
})

describe('measureProcess', () => {
  test('counts the CPU time of a process and of its children', async () => {
    const busy =
      "require('node:child_process').execFileSync(process.execPath, ['-e', 'const e = Date.now() + 400; while (Date.now() < e);'])"
    const { wallSeconds, cpuSeconds } = await measureProcess([process.execPath, '-e', busy], project)
    expect(wallSeconds).toBeGreaterThan(0.4)
    expect(cpuSeconds).toBeGreaterThan(0.02)
  })

  test('throws the last words of a process that fails', async () => {
    const failing = measureProcess([process.execPath, '-e', "console.error('no such luck'); process.exit(3)"], project)
    await expect(failing).rejects.toThrow(/ended with 3:\nno such luck/)
  })
})

describe('the table', () => {
  const figures = { wallSeconds: 2, cpuSeconds: 3, peakKb: 204_800, held: null, same: 'rows and order' } as const
  const comparison: Comparison = {
    rows: 1_000_000,
    seed: 7,
    rounds: 5,
    contenders: [
      { ...figures, name: 'polars' },
      { ...figures, name: 'onclock run', wallSeconds: 3, held: { worker: 2, server: 0.5, rest: 0.1 } },
    ],
    counts: { rows: { stage1: 984_868, stage2: 643_715, leftOut: 341_153 }, rules: { bad_text: 123_144 } },
    costs: [],
  }

  test('has ratios to Polars, and what was spent beside the command', () => {
    const text = comparisonText(comparison)
    expect(text).toMatch(/^onclock run +3\.00 +3\.00 +200 +1\.50 +1\.00 +same rows and order$/m)
    expect(text).toContain('worker 2.00, Temporal server 0.50')
    expect(text).toContain('All outputs are equal')
  })

  test('says that times mean nothing when outputs differ or counts are not the known ones', () => {
    const [polars, ours] = comparison.contenders as [Comparison['contenders'][0], Comparison['contenders'][0]]
    const different = { ...comparison, contenders: [polars, { ...ours, same: 'DIFFERENT' as const }] }
    expect(comparisonText(different)).toContain('OUTPUTS DIFFER')
    const fewer = { ...comparison, counts: { ...comparison.counts, rows: { ...comparison.counts.rows, stage2: 643_714 } } }
    expect(isSound(fewer)).toBe(false)
    expect(isSound({ ...fewer, seed: 8 })).toBe(true)
  })

  test('has no ratios where Polars is missing', () => {
    const text = comparisonText({ ...comparison, contenders: comparison.contenders.slice(1) })
    expect(text).toContain('no ratios: Polars was not measured')
  })
})

describe('median', () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[1], 1],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected))
})

async function runOurs(): Promise<OutputDigest> {
  const [clean, select] = await stageConfigs()
  const run = (module: string, config: object, outDir: string): Promise<unknown> =>
    runStageAlone({
      projectDir: project,
      module,
      config: { ...config },
      outDir: join(project, outDir),
      database: () => Promise.resolve(database),
      log: silent,
      signal: new AbortController().signal,
      now: new Date('2026-01-01T00:00:00Z'),
    })
  await run(clean.module, clean.config, 'one')
  await run(select.module, { ...select.config, input_file: 'one/stage1_20260101_000000.csv' }, 'two')
  return digest(ourFiles(join(project, 'one'), join(project, 'two')))
}

async function digestRows(name: string, rows: readonly string[]): Promise<OutputDigest> {
  const header =
    '#,claim_status,video_id,video_duration_sec,video_transcription_text,verified_status,author_ban_status,video_view_count,video_like_count,video_share_count,video_download_count,video_comment_count'
  const folder = join(project, name)
  await mkdir(folder)
  await writeFile(join(folder, 'stage1.csv'), `${[header, ...rows].join('\n')}\n`)
  await writeFile(join(folder, 'stage2.csv'), `${[header, ...rows].join('\n')}\n`)
  await writeFile(join(folder, 'rejected.csv'), `${header},rule_id\n`)
  return digest(peerFiles(folder))
}

async function digest(files: Parameters<typeof digestOutputs>[1]): Promise<OutputDigest> {
  const connection = await database.connect()
  try {
    return await digestOutputs(connection, files)
  } finally {
    connection.closeSync()
  }
}
