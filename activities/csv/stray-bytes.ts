import { decodeSingleByte } from './read-bytes.ts'

/** As many bytes beyond ASCII show no script, and hardly an encoding. */
const FEW_BYTES = 5
/** A record with such a byte among this many without one is an exception in its file. */
const RARE = 100

/**
 * Whether a few bytes that are not UTF-8, in a file that is ASCII otherwise, are damage: they are rare, and nothing that
 * somebody would have written in Windows-1252. `text` holds the records with such bytes, `records` counts all.
 */
export function isDamage(text: Buffer, { invalid, records }: { readonly invalid: number; readonly records: number }): boolean {
  let high = 0
  for (const byte of text) if (byte >= 0x80) high += 1
  if (high > FEW_BYTES || records < invalid * RARE) return false
  return hasMultiByte(text) || !isWritten(decodeSingleByte(text, 'windows-1252'))
}

/** Characters that are UTF-8 beside the bytes that are not: the file has that encoding, and a part of one was lost. */
const hasMultiByte = (text: Buffer): boolean => /[^\0-\x7f\ufffd]/u.test(new TextDecoder('utf-8').decode(text))

const WESTERN = /^[\0-\x7fÀ-ÖØ-öø-þŒœŠšŽžŸ€£§¥«»°ªº¿¡–—‘’“”„…·²³®©™•½¼¾±×µ\xa0]*$/u
/** A capital letter with an accent behind a small one, or a mark between two letters. */
const BROKEN_WORD = /\p{Ll}(?![A-Z])\p{Lu}|\p{L}[€£§¥«»°¿¡“”„…²³®©™•½¼¾±×]\p{L}/u

const isWritten = (text: string): boolean => WESTERN.test(text) && !BROKEN_WORD.test(text)
