import type { CleanStep } from './clean-schema.ts'

/** What `cleanSql` does to a value, done to a text of the config: entries are compared in the form the value is looked at. */
export function cleanText(steps: readonly CleanStep[], text: string): string {
  return steps.reduce((inner, step) => STEPS[step](inner), text)
}

/** Unicode's White_Space; JavaScript's own `\s` takes the byte order mark for one. */
const WHITESPACE = String.raw`[\p{White_Space}]`

const STEPS: Readonly<Record<CleanStep, (text: string) => string>> = {
  trim: (text) => text.replaceAll(new RegExp(`^${WHITESPACE}+|${WHITESPACE}+$`, 'gu'), ''),
  squeeze: (text) => text.replaceAll(new RegExp(`${WHITESPACE}+`, 'gu'), ' '),
  lower,
  upper: (text) =>
    Array.from(text, (character) => (character === 'ß' ? 'ẞ' : single(character.toUpperCase(), character))).join(''),
  fold: (text) =>
    lower(text)
      .normalize('NFD')
      .replaceAll(/\p{Mn}/gu, '')
      .normalize('NFC')
      .replaceAll('ß', 'ss'),
  nfc: (text) => text.normalize('NFC'),
  visible: (text) =>
    text.replaceAll(
      /(?![\t\n\r])[\p{Cc}\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/gu,
      '',
    ),
}

/** Character by character, as DuckDB does it: no final sigma, no character that becomes two. */
function lower(text: string): string {
  return Array.from(text, (character) => (character === 'İ' ? 'i' : single(character.toLowerCase(), character))).join('')
}

const single = (changed: string, character: string): string => (Array.from(changed).length === 1 ? changed : character)
