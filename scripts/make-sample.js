// Makes a TikTok video export with every kind of dirt the stages handle. Plain JavaScript, so that it runs before a build.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const HEADER =
  '#,claim_status,video_id,video_duration_sec,video_transcription_text,verified_status,author_ban_status,video_view_count,video_like_count,video_share_count,video_download_count,video_comment_count'
const OPENINGS = [
  'a friend told me',
  'i read in the news',
  'my colleagues are sure',
  'our teacher once said',
  'someone on the bus claimed',
  'i learned in a "documentary"',
]
const CLAIMS = [
  'that bees can recognise human faces',
  'that the tallest wave ever measured, in 1958, was 524 metres high',
  'that honey found in old tombs can still be eaten',
  'that a day on venus is longer than its year',
  'that octopuses have three hearts, and blue blood',
  'that the unicorn is the national animal of scotland',
  'that bananas are berries but strawberries are not 🍓',
  'that the shortest war in history took 38 minutes',
]
const PROMOTIONS = ['use my promo code at the till', 'link in bio for more', 'join the giveaway before sunday']

/**
 * Writes a sample. The seed decides all of it.
 * @returns the number of data records written, damaged ones included.
 */
export function makeSample(path, { rows = 4000, seed = 20241201 } = {}) {
  const random = mulberry32(seed)
  const pick = (list) => list[Math.floor(random() * list.length)]
  const lines = [HEADER]
  const sound = []
  for (let index = 1; index <= rows; index += 1) {
    const dice = random()
    if (dice < 0.004 && sound.length > 0) lines.push(pick(sound))
    else if (dice < 0.008) lines.push(damaged(index, random, pick))
    else {
      const line = video(index, random, pick).join(',')
      sound.push(line)
      lines.push(line)
    }
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${lines.join('\n')}\n`)
  return { rows }
}

function video(index, random, pick) {
  const claim = random() < 0.5
  const views = claim ? 800 + Math.floor(random() * 900_000) : 200 + Math.floor(random() * 9_800)
  const likes = Math.floor(views * random() * 0.56)
  const mood = random()
  const row = {
    status: claim ? 'claim' : 'opinion',
    id: `75${String(Math.floor(random() * 1e8)).padStart(8, '0')}${String(Math.floor(random() * 1e9)).padStart(9, '0')}`,
    seconds: String(5 + Math.floor(random() * 55)),
    text: `${pick(OPENINGS)} ${pick(CLAIMS)}, take ${index}`,
    verified: random() < 0.06 ? 'verified' : 'not verified',
    ban: mood < 0.08 ? 'banned' : mood < 0.18 ? 'under review' : 'active',
    counts: [views, likes, Math.floor(likes * 0.2), Math.floor(likes * 0.03), Math.floor(likes * 0.01)].map(String),
  }
  soil(row, random(), pick)
  return [String(index), row.status, row.id, row.seconds, quote(row.text), row.verified, row.ban, ...row.counts]
}

/** One kind of dirt for about one row in eight; most of it is mended in passing, the rest is rejected or filtered. */
function soil(row, dice, pick) {
  if (dice < 0.012) Object.assign(row, { status: '', text: '', counts: ['', '', '', '', ''] })
  else if (dice < 0.014) row.counts[0] = 'unknown'
  else if (dice < 0.016) row.counts[1] = '-1'
  else if (dice < 0.018) row.status = 'rumour'
  else if (dice < 0.05)
    Object.assign(row, { status: ` ${row.status.toUpperCase()} `, ban: `${row.ban}\t`, text: `  ${row.text} ` })
  else if (dice < 0.07) row.text = `${row.text}, ${pick(PROMOTIONS)}`
  else if (dice < 0.08) row.text = 'nice one'
  else if (dice < 0.095) row.text = 'Everybody says that the moon landing was filmed in a desert'
  else if (dice < 0.12) row.text = `${row.text}\nand there is a second line`
}

/** A record that cannot be read as it stands: it is set aside with its place and its raw text. */
function damaged(index, random, pick) {
  const fields = video(index, random, pick)
  const kind = random()
  if (kind < 0.35) return fields.slice(0, 9).join(',')
  if (kind < 0.7) return [...fields, 'one', 'too many'].join(',')
  return [...fields.slice(0, 4), `"${pick(CLAIMS)}" and more behind the quote`, ...fields.slice(5)].join(',')
}

function quote(text) {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A small generator of numbers in [0, 1) from a 32-bit seed: mulberry32, by Tommy Ettinger, public domain. */
function mulberry32(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path = 'data/input.csv', rows = '4000', seed = '20241201'] = process.argv.slice(2)
  const made = makeSample(resolve(path), { rows: Number(rows), seed: Number(seed) })
  process.stdout.write(`${path}: ${made.rows} rows\n`)
}
