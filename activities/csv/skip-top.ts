import { OnclockError } from '../../pipeline/errors.ts'
import { commentEnd } from './comment-line.ts'
import type { EncodingGuess } from './detect-encoding.ts'
import { byteDialect, type DialectPins, PLAIN } from './dialect.ts'
import { behindLine } from './line-end.ts'
import { excelSeparator, skipBlankLines } from './sniff-dialect.ts'

/** Where the first record of a sample begins, and the physical lines above it. */
export interface FileTop {
  readonly at: number
  /** The physical line of `at`, from 1. */
  readonly line: number
  /** What a `sep=` line says. */
  readonly delimiter: string | null
  readonly preamble: number
  readonly blank: number
  readonly comment: number
}

/** Goes behind the byte order mark, Excel's `sep=` line or the lines that `skip_lines` names, comments and blank lines. */
export function skipTop(
  sample: Buffer,
  guess: EncodingGuess,
  { pins, shown }: { readonly pins: DialectPins; readonly shown: string },
): FileTop {
  const mark = markLength(guess)
  const separator = excelSeparator(sample.subarray(mark))
  const skipped = passLines(sample, mark, pins.skipLines ?? (separator === null ? 0 : 1))
  const idle = passIdle(sample, skipped.at, pins, guess)
  if (idle.at >= sample.length) {
    throw new OnclockError('INPUT_UNREADABLE', `${shown} holds ${emptyOf(skipped.lines, idle.comment)}`, {
      hint: 'Export the file again, or point input_file at another one.',
    })
  }
  const { at, blank, comment } = idle
  const delimiter = separator?.delimiter ?? null
  return { at, line: 1 + skipped.lines + blank + comment, delimiter, preamble: skipped.lines, blank, comment }
}

/** The top of a file whose first record begins at `at`: all lines above it are no part of the table. */
export function topAbove(sample: Buffer, guess: EncodingGuess, at: number): FileTop {
  let lines = 0
  for (let end = markLength(guess); end < at; lines += 1) end = behindLine(sample, end, sample.length)
  return { at, line: 1 + lines, delimiter: null, preamble: lines, blank: 0, comment: 0 }
}

/** A byte order mark is three bytes of UTF-8 in the sample, whatever it was in the file. */
const markLength = ({ markBytes }: EncodingGuess): number => (markBytes === 0 ? 0 : 3)

function emptyOf(skipped: number, comments: number): string {
  if (skipped > 0) return 'nothing behind the lines that are skipped'
  return comments > 0 ? 'comments and blank lines only' : 'blank lines only'
}

function passIdle(
  sample: Buffer,
  start: number,
  pins: DialectPins,
  { encoding }: EncodingGuess,
): { readonly at: number; readonly blank: number; readonly comment: number } {
  // A header is never blank.
  const isRecord = pins.skipBlankLines === false && pins.header === false
  const { comment: mark } = byteDialect({ ...PLAIN, ...pins, encoding, delimiter: ',' })
  let [at, blank, comment] = [start, 0, 0]
  for (;;) {
    const empty = isRecord ? { at, lines: 0 } : skipBlankLines(sample, at)
    const end = commentEnd(sample, empty.at, sample.length, { mark, final: true })
    blank += empty.lines
    at = empty.at
    if (end <= 0) return { at, blank, comment }
    comment += 1
    at = end
  }
}

function passLines(sample: Buffer, start: number, wanted: number): { readonly at: number; readonly lines: number } {
  let at = start
  let lines = 0
  for (; lines < wanted && at < sample.length; lines += 1) at = behindLine(sample, at, sample.length)
  return { at, lines }
}
