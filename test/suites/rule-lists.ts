import { readFileSync } from 'node:fs'

/** A case that needs something we do not offer. */
export interface NotOfferedCase {
  readonly id: string
  readonly reason: string
}

/** A case that comes out otherwise here, on purpose. */
export interface Disagreement {
  readonly id: string
  readonly suite_says: string
  readonly we_do: string
  readonly because: string
}

export const readNotOffered = (): readonly NotOfferedCase[] => linesOf('rules-not-offered.jsonl') as readonly NotOfferedCase[]
export const readDisagreements = (): readonly Disagreement[] => linesOf('rules-disagreements.jsonl') as readonly Disagreement[]

function linesOf(name: string): readonly unknown[] {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}
