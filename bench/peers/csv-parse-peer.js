// usage: csv-parse-peer.js INPUT OUT_DIR
// Row by row in Node, as scripts do it: both stages in one pass, rows as arrays, lines joined by hand.
import { createReadStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { parse } from 'csv-parse'

const [source, out] = process.argv.slice(2)
const NUMBERS = [0, 3, 7, 8, 9, 10, 11]
const NEEDED = [1, 2, 3, 4, 6, 7]
const BAD_TEXT = /\b(?:free money|giveaway)\b/i
const LINK_OR_PHONE = /https?:\/\/\S+|\d{3}[- ]?\d{3}[- ]?\d{4}/
const CHUNK_CHARACTERS = 1 << 18

class Lines {
  #file
  #chunk = ''

  constructor(name, header) {
    this.#file = createWriteStream(`${out}/${name}`)
    this.#chunk = `${header.join(',')}\n`
  }

  /** A promise only when the file has to be waited for. */
  add(line) {
    this.#chunk += line
    if (this.#chunk.length < CHUNK_CHARACTERS) return null
    const chunk = this.#chunk
    this.#chunk = ''
    return this.#file.write(chunk) ? null : once(this.#file, 'drain')
  }

  async end() {
    this.#file.end(this.#chunk)
    await finished(this.#file)
  }
}

function lineOf(row) {
  let line = ''
  for (let at = 0; at < row.length; at += 1) {
    const cell = row[at]
    const text = typeof cell === 'string' ? (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell) : String(cell ?? '')
    line += at === 0 ? text : `,${text}`
  }
  return line
}

function clean(row) {
  for (let at = 0; at < row.length; at += 1) {
    const cell = row[at].trim()
    row[at] = cell === '' ? null : cell
  }
  for (const at of NUMBERS) {
    const number = row[at] === null ? Number.NaN : Number(row[at])
    row[at] = Number.isNaN(number) ? null : number
  }
  return NEEDED.every((at) => row[at] !== null)
}

function ruleThatStops(row) {
  const text = row[4]
  if (row[7] < 1000) return 'min_views'
  if (row[3] < 5 || row[3] > 60) return 'duration'
  if (LINK_OR_PHONE.test(text) || BAD_TEXT.test(text)) return 'bad_text'
  if (row[6] === 'banned') return 'banned'
  if (text.length < 20 && [...text].length < 10) return 'short_text'
  return row[1] === 'claim' || row[1] === 'opinion' ? null : 'status'
}

let stage1, stage2, rejected
const seen = new Set()
for await (const row of createReadStream(source, { highWaterMark: 1 << 20 }).pipe(parse())) {
  if (stage1 === undefined) {
    stage1 = new Lines('stage1.csv', row)
    stage2 = new Lines('stage2.csv', row)
    rejected = new Lines('rejected.csv', [...row, 'rule_id'])
    continue
  }
  if (!clean(row)) continue
  const line = lineOf(row)
  if (seen.has(line)) continue
  seen.add(line)
  const rule = ruleThatStops(row)
  const full = [stage1.add(`${line}\n`), rule === null ? stage2.add(`${line}\n`) : rejected.add(`${line},${rule}\n`)]
  if (full[0] !== null || full[1] !== null) await Promise.all(full)
}
await Promise.all([stage1.end(), stage2.end(), rejected.end()])
