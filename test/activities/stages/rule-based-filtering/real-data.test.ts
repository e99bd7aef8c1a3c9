import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Dataset } from '../../../../activities/stage.ts'
import { NINE_RULES } from '../../../../activities/stages/rule-based-filtering/stage.ts'
import { takeInputCsv } from '../../../../activities/stages/take-input-csv/stage.ts'
import { openRuleProject, type RuleProject, type RuleRun, runRules, runStage } from './run-rules.ts'

/** The folder of the real inputs; without it these tests are skipped. */
const DATA = process.env['ONCLOCK_TEST_DATA'] ?? ''

let project: RuleProject
beforeAll(async () => {
  project = await openRuleProject()
})
afterAll(() => project.close())

const take = async (config: Record<string, unknown>): Promise<Dataset> =>
  (await runStage(takeInputCsv, project, config, { stage: 'clean', stageNumber: 1 })).dataset

/** Numbers of the records of a kind, from 1. */
async function recordsOf(run: RuleRun, ...datasets: readonly string[]): Promise<Map<number, string>> {
  const found = new Map<number, string>()
  for (const dataset of datasets) {
    if (!run.result.outputs.some((output) => output.dataset === dataset)) continue
    for (const line of (await run.read(dataset, 'jsonl')).trim().split('\n')) {
      const row = JSON.parse(line) as { record: number; violations: { rule: string }[] }
      found.set(row.record, row.violations[0]?.rule ?? '')
    }
  }
  return found
}

describe.skipIf(DATA === '')('the reviews [needs ONCLOCK_TEST_DATA]', () => {
  const RULES = {
    'long-enough': '1_min_text_length',
    repetition: '2_repetition',
    'no-links-or-contacts': '3_links_contacts',
    'rating-fits-text': '4_rating_text_mismatch',
    'first-of-its-text': '5_duplicates',
    'not-gibberish': '6_gibberish',
    'no-promotion': '7_keyword_blacklist',
    'no-other-chain': '8_location_consistency',
    'no-wrong-goods': '9_context_consistency',
  } as const
  let expected: readonly Record<string, string>[]
  let reviews: Dataset
  beforeAll(async () => {
    expected = parse(readFileSync(join(DATA, 'reviews/expected_by_row.csv'), 'utf8'), { columns: true })
    reviews = await take({
      input_file: join(DATA, 'reviews/input.csv'),
      encoding: 'windows-1252',
      delimiter: ';',
      columns: { rating: { type: 'integer' } },
    })
  })

  test('are left out row by row as by the original, when the stage has no rules of its own', async () => {
    const run = await runRules(project, '{}', reviews)
    expect(run.result.rows).toEqual({ in: 1101, out: 929, rejected: 0, filtered: 151, duplicates: 21 })
    const dropped = await recordsOf(run, 'filtered', 'duplicates')
    const ours = expected.map((_, index) => {
      const rule = dropped.get(index + 1) as keyof typeof RULES | undefined
      return rule === undefined ? '' : RULES[rule]
    })
    expect(ours).toEqual(expected.map(({ dropped_by: rule }) => rule))
    expect(run.result.warnings.join('\n')).toContain('nine-rules.yaml')
  })

  test.each(Object.entries(RULES).filter(([id]) => id !== 'first-of-its-text'))(
    'break the rule %s by itself in the rows expected',
    async (id, column) => {
      const file = readFileSync(NINE_RULES, 'utf8')
      const [head = '', rules = ''] = file.split(/^rules:\n/m)
      const rule = rules.split(/^ {2}- /m).find((text) => text.startsWith(`id: ${id}\n`)) ?? ''
      const run = await runRules(project, `${head}\nrules:\n  - ${rule}`, reviews)
      const dropped = await recordsOf(run, 'filtered')
      expect(expected.map((_, index) => (dropped.has(index + 1) ? '0' : '1'))).toEqual(expected.map((row) => row[column]))
    },
  )

  test('need columns that another table does not have', async () => {
    await expect(runRules(project, '{}', 'a,b\n1,2\n')).rejects.toMatchObject({
      code: 'COLUMN_MISSING',
      message: expect.stringMatching(/"text".*"rating".*"business_name"/) as string,
    })
  })
})

describe.skipIf(DATA === '')('the TikTok videos [needs ONCLOCK_TEST_DATA]', () => {
  let videos: Dataset
  let counts: Record<string, number>
  beforeAll(async () => {
    counts = JSON.parse(readFileSync(join(DATA, 'tiktok/expected_counts.json'), 'utf8')) as Record<string, number>
    const columns = Object.fromEntries(['view', 'like', 'comment'].map((name) => [`video_${name}_count`, { type: 'integer' }]))
    videos = await take({
      input_file: join(DATA, 'tiktok/claims.csv'),
      columns: { ...columns, video_duration_sec: { type: 'integer' } },
    })
  })

  test('come through the six rules of the main pipeline as counted by hand', async () => {
    const yaml = `
rules:
  - {id: complete, columns: [claim_status, video_view_count], required: true, action: reject}
  - {id: author-in-good-standing, column: author_ban_status, not_equals: banned}
  - {id: seen-enough,     column: video_view_count, min: 1000}
  - {id: likes-fit-views, column: video_like_count, max: {column: video_view_count, times: 0.5}}
  - {id: no-promotion,    column: video_transcription_text, as: [lower], not_contains: [promo code, link in bio, giveaway]}
  - {id: readable-length, column: video_transcription_text, length: {min: 40, max: 2200}}
  - {id: first-of-its-text, unique: {by: [video_transcription_text], as: [trim, lower], keep: first}}`
    const run = await runRules(project, yaml, videos)
    expect(run.result.rows).toEqual({ in: 19_382, out: 14_446, rejected: 298, filtered: 4607, duplicates: 31 })
    expect(run.rules.map(({ stopped }) => stopped)).toEqual([298, 1635, 995, 1968, 0, 9, 31])
  })

  test.each([
    ['claim', 'column: claim_status, equals: claim'],
    ['opinion', 'column: claim_status, not_equals: claim'],
    ['active', 'column: author_ban_status, in: [active]'],
    ['under_review', 'column: author_ban_status, equals: under review'],
    ['verified', 'column: verified_status, equals: verified'],
    ['views_ge_100000', 'column: video_view_count, min: 100000'],
    [
      'claim_active_views_ge_100000',
      'all: [{column: claim_status, equals: claim}, {column: author_ban_status, equals: active}, {column: video_view_count, min: 100000}]',
    ],
    ['likes_over_half_views', 'column: video_like_count, above: {column: video_view_count, times: 0.5}'],
    ['likes_over_half_views', 'expr: "video_like_count > 0.5 * video_view_count"'],
    ['duration_10_45', 'column: video_duration_sec, min: 10, max: 45'],
    [
      'distinct_text_lower_trim',
      'column: video_transcription_text, required: true}, {id: u, unique: {by: video_transcription_text, as: [lower, trim]}',
    ],
    ['comments_zero', 'column: video_comment_count, equals: 0'],
    ['text_with_double_quote', `column: video_transcription_text, matches: '"'`],
    ['text_with_comma', `column: video_transcription_text, contains: ',', match: substring`],
    ['text_non_ascii', `column: video_transcription_text, matches: '[^\\x00-\\x7F]'`],
  ])('%s: %s', async (name, condition) => {
    const run = await runRules(project, `defaults: {nulls: fail}\nrules: [{id: r, ${condition}}]`, videos)
    expect(run.result.rows?.out).toBe(counts[name])
  })
})

describe.skipIf(DATA === '')('the twelve rules of the generator [needs ONCLOCK_TEST_DATA and python3]', () => {
  const RULES: Readonly<Record<string, string>> = {
    'claim_status = claim': 'column: claim_status, equals: claim',
    "author_ban_status = 'active'": 'column: author_ban_status, in: [active]',
    'video_view_count >= 100000': 'column: video_view_count, min: 100000',
    'video_duration_sec between 10 and 45': 'column: video_duration_sec, min: 10, max: 45',
    'text at least 40 code points': 'column: video_transcription_text, length: {min: 40}',
    "text contains 'promo code' (case-insensitive)":
      'column: video_transcription_text, contains: promo code, as: [lower], match: substring',
    'text contains http:// or https://':
      "column: video_transcription_text, contains: ['http://', 'https://'], as: [lower], match: substring",
    'text contains a line break': "column: video_transcription_text, matches: '\\n'",
    'text contains a code point above U+FFFF': "column: video_transcription_text, matches: '[\\x{10000}-\\x{10FFFF}]'",
    'video_like_count / video_view_count > 0.5 (views > 0)':
      'column: video_like_count, above: {column: video_view_count, times: 0.5}',
    'first row of each text (trimmed, lower case)': 'unique: {by: video_transcription_text, as: [lower, trim]}',
    "all of: claim, active, views >= 100000, no 'promo code'":
      'all: [{column: claim_status, equals: claim}, {column: author_ban_status, equals: active}, {column: video_view_count, min: 100000}, {column: video_transcription_text, as: [lower], match: substring, not_contains: promo code}]',
  }

  test.each([5, 23])(
    'count what seed %i says',
    async (seed) => {
      const csv = join(project.projectDir, `generated-${seed}.csv`)
      execFileSync('python3', [join(DATA, 'generate_claims.py'), '--rows', '8000', '--seed', String(seed), '--out', csv], {
        stdio: 'ignore',
      })
      const truth = JSON.parse(readFileSync(`${csv}.truth.json`, 'utf8')) as { rule_counts: Record<string, number> }
      expect(Object.keys(truth.rule_counts)).toEqual(Object.keys(RULES))
      const columns = Object.fromEntries(
        ['video_view_count', 'video_like_count', 'video_duration_sec'].map((name) => [name, { type: 'integer' }]),
      )
      const videos = await take({ input_file: csv, trim: false, duplicates: 'keep', columns })
      const ours: Record<string, number | undefined> = {}
      for (const [name, rule] of Object.entries(RULES)) {
        const yaml = `rules:\n  - {id: complete, column: claim_status, required: true}\n  - {id: r, ${rule}}`
        ours[name] = (await runRules(project, yaml, videos)).result.rows?.out
      }
      expect(ours).toEqual(truth.rule_counts)
    },
    60_000,
  )
})
