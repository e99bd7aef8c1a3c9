import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { once } from 'node:events'
import { SeededRandom } from './seeded-random.ts'

const HEADER = [
  '#',
  'claim_status',
  'video_id',
  'video_duration_sec',
  'video_transcription_text',
  'verified_status',
  'author_ban_status',
  'video_view_count',
  'video_like_count',
  'video_share_count',
  'video_download_count',
  'video_comment_count',
]

const OPENINGS = [
  'someone shared with me that',
  'i read in the media that',
  'my colleagues are convinced that',
  'a friend "claims" that',
  'i learned, from the news, that',
  'our view:\nin my opinion',
  'café talk 😀 says',
  '你好 🚀 we heard',
]
const STATEMENTS = [
  'drone deliveries are already happening and will become common by 2025',
  'there are more microorganisms in one teaspoon of soil than people on the planet',
  'american industrialist andrew carnegie had a net worth of $475 million usd, worth over $300 billion usd today',
  'the metro of st. petersburg, with an average depth of hundred meters, is the deepest metro in the world',
  'humans have more than "five" senses,\nsome say nine',
  'honey never spoils, ever',
  'goldfish remember things for months 🐟',
  'the eiffel tower can be 15 cm taller during the summer',
]
const ENDINGS = [
  ...Array.from({ length: 14 }, () => ''),
  ' visit https://example.com/x?a=1',
  ' FREE MONEY now',
  ' call 555-123-4567',
  ' 🔥🔥',
  ', they say',
  '\nend of story',
]
const TEXTS = OPENINGS.flatMap((opening) =>
  STATEMENTS.flatMap((statement) => ENDINGS.map((ending) => `${opening} ${statement}${ending}`)),
)
const SHORT_TEXTS = ['ok', 'hmm 😀😀😀😀😀', 'short', 'lol 😂']
const REMEMBERED = 5000
const CHUNK_CHARACTERS = 1 << 20

type Row = readonly string[]

/**
 * Writes an export of short videos, the same bytes for the same seed: of the rows about 1 % lack something or hold junk, 0.5 %
 * repeat an earlier row exactly and 4 % are padded with blanks; texts hold commas, doubled quotes, line ends, emoji, links,
 * phone numbers and words of advertising.
 */
export async function generateRows(path: string, options: { readonly rows: number; readonly seed?: number }): Promise<void> {
  const file = createWriteStream(path)
  let chunk = csvLine(HEADER)
  for (const row of rowsOf(options.rows, new SeededRandom(options.seed ?? 7))) {
    chunk += csvLine(row)
    if (chunk.length < CHUNK_CHARACTERS) continue
    if (!file.write(chunk)) await once(file, 'drain')
    chunk = ''
  }
  file.end(chunk)
  await finished(file)
}

/** The order in which numbers are drawn makes the file: a draw more or less anywhere gives another one. */
function* rowsOf(count: number, random: SeededRandom): Generator<Row> {
  const remembered: Row[] = []
  let number = 0
  for (let made = 0; made < count; made += 1) {
    if (remembered.length > 0 && random.fraction() < 0.005) {
      yield remembered[random.below(remembered.length)] ?? []
      continue
    }
    number += 1
    const row = dirtied(soundRow(number, random), random.fraction())
    yield row
    if (remembered.length < REMEMBERED) remembered.push(row)
    else remembered[random.below(REMEMBERED)] = row
  }
}

function soundRow(number: number, random: SeededRandom): string[] {
  const claim = random.fraction() < 0.5
  const views = 1 + random.below(claim ? 999_999 : 9_999)
  const likes = Math.trunc(views * random.fraction() * 0.6)
  const text = random.fraction() > 0.01 ? TEXTS[random.below(TEXTS.length)] : SHORT_TEXTS[random.below(4)]
  const standing = random.fraction()
  const id = 7_000_000_000 + random.below(1_000_000_000)
  const seconds = 3 + random.below(63)
  return [
    String(number),
    claim ? 'claim' : 'opinion',
    String(id),
    String(seconds),
    spoken(text ?? '', random),
    standing < 0.06 ? 'verified' : 'not verified',
    standing > 0.92 ? 'banned' : standing > 0.82 ? 'under review' : 'active',
    ...[1, 0.2, 0.03, 0.01].reduce<string[]>(
      (counts, share) => [...counts, `${share === 1 ? likes : Math.trunc(likes * share)}.0`],
      [`${views}.0`],
    ),
  ]
}

/** Most texts are made different by a number at their end. */
function spoken(text: string, random: SeededRandom): string {
  return text.length > 12 && !SHORT_TEXTS.includes(text) ? `${text} #${random.below(100_000)}` : text
}

function dirtied(row: string[], luck: number): Row {
  const [, claim = '', , , text = '', , standing = ''] = row
  if (luck < 0.006) return row.map((cell, at) => (at === 1 || at === 4 || at >= 7 ? '' : cell))
  if (luck < 0.008) row[2] = ''
  else if (luck < 0.009) row[6] = '   '
  else if (luck < 0.01) row[7] = 'unknown'
  else if (luck < 0.05) {
    row[1] = ` ${claim} `
    row[4] = `  ${text} `
    row[6] = `${standing}\t`
  }
  return row
}

function csvLine(row: Row): string {
  return `${row.map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`
}
