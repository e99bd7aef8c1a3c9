import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'

/** One line of a file of left-out rows, as stages write it. */
export interface LeftOutRow {
  readonly file: string | null
  readonly record: number | null
  readonly line: number | null
  readonly byte: number | null
  /** Absent where the record could not be split. */
  readonly cells?: { readonly [column: string]: string | null }
  readonly raw?: string
  readonly action: 'reject' | 'filter' | 'duplicate' | 'flag'
  /** Of a duplicate: the record that stayed. */
  readonly kept_record?: number | null
  readonly violations: readonly Violation[]
}

export interface Violation {
  readonly rule: string
  readonly column: string | null
  readonly value: string | null
  readonly message: string | null
}

/** The rows of a JSON lines file in their order, one after the other: the file may be larger than the memory. */
export async function* readLeftOut(path: string, options: { readonly rule?: string } = {}): AsyncGenerator<LeftOutRow> {
  const { rule } = options
  // To look for the text first saves parsing most lines of a long file.
  const wanted = rule === undefined ? '' : JSON.stringify(rule)
  let number = 0
  for await (const line of linesOf(path)) {
    number += 1
    if (line === '' || !line.includes(wanted)) continue
    const row = parseLeftOut(line, `${basename(path)} line ${number}`)
    if (rule === undefined || row.violations.some((violation) => violation.rule === rule)) yield row
  }
}

/** A line as a row. @throws OnclockError OUTPUT_ALTERED when it is not one. */
export function parseLeftOut(line: string, place: string): LeftOutRow {
  try {
    const row = JSON.parse(line) as Partial<LeftOutRow>
    if (Array.isArray(row.violations) && typeof row.action === 'string') return row as LeftOutRow
  } catch {
    // Told below, without the line: it holds cells.
  }
  throw new OnclockError('OUTPUT_ALTERED', `${place} is not a left-out row as stages write it`, {
    hint: 'The file was changed, or a stage of your own wrote it in a form of its own.',
  })
}

/** Split at LF alone: `readline` would also split at U+2028, which cells may hold. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let parts: Buffer[] = []
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let from = 0
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, at))
      yield Buffer.concat(parts).toString('utf8')
      parts = []
      from = at + 1
    }
    if (from < chunk.length) parts.push(chunk.subarray(from))
  }
  if (parts.length > 0) yield Buffer.concat(parts).toString('utf8')
}
