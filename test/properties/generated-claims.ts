import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { ruleBasedFiltering } from '../../activities/stages/rule-based-filtering/stage.ts'
import { takeInputCsv } from '../../activities/stages/take-input-csv/stage.ts'
import { type Attempt, attemptStage, type LeftOutLine, type StageBench } from './stage-bench.ts'

const run = promisify(execFile)

/** How `generate_claims.py` is called: the same arguments give the same bytes. */
export interface ClaimsCall {
  readonly seed: number
  readonly rows: number
  readonly malformed: number
  readonly flags: readonly string[]
}

interface Truth {
  readonly data_records: number
  readonly sound_records: number
  readonly records_with_empty_columns: number
  readonly rule_counts: Readonly<Record<string, number>>
  readonly damaged: readonly Damage[]
}

interface Damage {
  readonly record: number
  readonly line: number
  readonly kind: string
  readonly level: string
}

const TEXT = 'video_transcription_text'
const COUNTS = ['video_view_count', 'video_like_count', 'video_share_count', 'video_download_count', 'video_comment_count']

/** What a user who wants all damage reported writes for the intake. */
const INTAKE = {
  trim: false,
  duplicates: 'keep',
  budget: { fail: '100%' },
  columns: {
    '#': { type: 'id', required: true },
    claim_status: { in: ['claim', 'opinion'] },
    video_id: { type: 'id', required: true },
    video_duration_sec: { type: 'integer', min: 0, required: true },
    verified_status: { in: ['verified', 'not verified'], required: true },
    author_ban_status: { in: ['active', 'under review', 'banned'], required: true },
    ...Object.fromEntries(COUNTS.map((name) => [name, { type: 'integer', min: 0 }])),
    video_like_count: { type: 'integer', min: 0, max: { column: 'video_view_count' } },
  },
}

/** Which rules of the intake tell each kind of damage; those without an entry are told by a rule between rows or columns. */
const TOLD_BY: Readonly<Record<string, RegExp>> = {
  missing_field: /^too_few_fields$/,
  extra_field: /^too_many_fields$/,
  extra_separator: /^too_many_fields$/,
  lost_separator: /^too_few_fields$/,
  stray_quote: /^text_after_quote$/,
  unclosed_quote: /^unclosed_quote$/,
  invalid_utf8: /^invalid_byte$/,
  second_header: /^repeated_header$/,
  nul_character: /^nul_character$/,
  negative_count: /^video_\w+_count\.min$/,
  text_in_number: /^video_view_count\.type$/,
  thousands_separator: /^video_view_count\.type$/,
  float_count: /^video_like_count\.type$/,
  scientific_number: /^video_view_count\.type$/,
  unknown_status: /^author_ban_status\.in$/,
  wrong_case_status: /^claim_status\.in$/,
  likes_above_views: /^video_like_count\.max$/,
}

const whole = { when: { column: TEXT, required: true } }
/** The twelve rules of the generator in our language; rows without a text are not counted there. */
const TWELVE: readonly (readonly [name: string, rule: Readonly<Record<string, unknown>>])[] = [
  ['claim_status = claim', { column: 'claim_status', equals: 'claim' }],
  ["author_ban_status = 'active'", { ...whole, column: 'author_ban_status', equals: 'active' }],
  ['video_view_count >= 100000', { column: 'video_view_count', min: 100_000 }],
  ['video_duration_sec between 10 and 45', { ...whole, column: 'video_duration_sec', min: 10, max: 45 }],
  ['text at least 40 code points', { column: TEXT, length: { min: 40 } }],
  ["text contains 'promo code' (case-insensitive)", { column: TEXT, as: ['lower'], match: 'substring', contains: 'promo code' }],
  ['text contains http:// or https://', { column: TEXT, as: ['lower'], match: 'substring', contains: ['http://', 'https://'] }],
  ['text contains a line break', { column: TEXT, matches: String.raw`\n` }],
  ['text contains a code point above U+FFFF', { column: TEXT, matches: String.raw`[\x{10000}-\x{10FFFF}]` }],
  [
    'video_like_count / video_view_count > 0.5 (views > 0)',
    { column: 'video_like_count', above: { column: 'video_view_count', times: 0.5 } },
  ],
  ['first row of each text (trimmed, lower case)', { unique: { by: [TEXT], as: ['trim', 'lower'] } }],
  [
    "all of: claim, active, views >= 100000, no 'promo code'",
    {
      ...whole,
      all: [
        { column: 'claim_status', equals: 'claim' },
        { column: 'author_ban_status', equals: 'active' },
        { column: 'video_view_count', min: 100_000 },
        { column: TEXT, as: ['lower'], match: 'substring', not_contains: 'promo code' },
      ],
    },
  ],
]

const RULES = {
  budget: { fail: '100%' },
  rules: [
    { id: 'status-of-text', ...whole, column: 'claim_status', required: true, action: 'reject' },
    { id: 'first-of-its-id', unique: { by: ['video_id'] } },
    ...TWELVE.map(([, rule], index) => ({ id: `rule-${index}`, ...rule, action: 'warn' })),
  ],
}

/** Calls with any dialect and any dirt. */
export const claimsCalls = (rows: number): fc.Arbitrary<ClaimsCall> => {
  const flag = (words: readonly string[]): fc.Arbitrary<readonly string[]> => fc.constantFrom([], words)
  const flags = fc
    .tuple(
      fc.constantFrom([], ['--delimiter', ';'], ['--delimiter', '\\t'], ['--delimiter', '|']),
      ...[['--crlf'], ['--bom'], ['--unclosed-quote'], ['--no-final-newline'], ['--long', '0.001'], ['--newline', '0.3']].map(
        flag,
      ),
    )
    .map((parts) => parts.flat())
  return fc.record({
    seed: fc.nat(1_000_000),
    rows: fc.constantFrom(rows, Math.ceil(rows / 7), Math.ceil(rows / 40)),
    malformed: fc.constantFrom(0.002, 0.02, 0.05),
    flags,
  })
}

/** Generates a file and holds what both stages say of it against the truth beside it. */
export async function checkClaims(bench: StageBench, data: string, call: ClaimsCall): Promise<void> {
  const dir = await mkdtemp(join(bench.dir, 'claims-'))
  try {
    const path = join(dir, 'claims.csv')
    const args = ['--rows', String(call.rows), '--malformed', String(call.malformed), '--seed', String(call.seed), ...call.flags]
    await run('python3', [join(data, 'generate_claims.py'), '--out', path, ...args])
    const truth = JSON.parse(await readFile(`${path}.truth.json`, 'utf8')) as Truth
    const intake = await attemptStage(bench, takeInputCsv, { ...INTAKE, input_file: path }, null)
    await checkIntake(intake, truth)
    const rules = await attemptStage(bench, ruleBasedFiltering, RULES, intake.output)
    await checkRules(rules, truth)
    await Promise.all([intake.discard(), rules.discard()])
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const place = ({ record, line }: { readonly record: number; readonly line: number }): string => `record ${record} line ${line}`

async function checkIntake(intake: Attempt, truth: Truth): Promise<void> {
  const expected = truth.damaged.filter(({ kind }) => TOLD_BY[kind] !== undefined)
  const rejected = await intake.leftOut('rejected')
  assert.deepEqual(rejected.map(place), expected.map(place))
  for (const [index, { kind }] of expected.entries()) {
    const rules = ruleNames(rejected[index])
    assert.ok(
      rules.some((rule) => TOLD_BY[kind]?.test(rule)),
      `${kind} was told as ${rules.join(', ')}`,
    )
  }
  const { data_records: records } = truth
  assert.deepEqual(intake.rows, {
    in: records,
    out: records - expected.length,
    rejected: expected.length,
    filtered: 0,
    duplicates: 0,
  })
}

async function checkRules(rules: Attempt, truth: Truth): Promise<void> {
  const ofKind = (kind: string): readonly string[] => truth.damaged.filter((damage) => damage.kind === kind).map(place)
  assert.deepEqual((await rules.leftOut('rejected')).map(place), ofKind('empty_claim_status'))
  assert.deepEqual((await rules.leftOut('duplicates')).map(place), ofKind('duplicate_video_id'))
  assert.equal(rules.rows.out, truth.sound_records)
  const counted = rules.result.metadata['rules'] as unknown as readonly { readonly id: string; readonly broken: number }[]
  const all = truth.sound_records - truth.records_with_empty_columns
  const counts = TWELVE.map(([name], index) => [name, all - (counted.find(({ id }) => id === `rule-${index}`)?.broken ?? NaN)])
  assert.deepEqual(Object.fromEntries(counts), truth.rule_counts)
}

const ruleNames = (line: LeftOutLine | undefined): readonly string[] => line?.violations.map(({ rule }) => rule) ?? []
