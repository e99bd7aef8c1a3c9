import { readFileSync, writeFileSync } from 'node:fs'
import type fc from 'fast-check'

const FILE = new URL('failures.json', import.meta.url)

/** An input that a property failed on once, and the seed that found it. */
export interface KeptFailure {
  readonly property: string
  /** What was wrong, in a few words for people. */
  readonly note: string
  readonly seed: number
  readonly input: unknown
}

export const keptFailures = (): readonly KeptFailure[] => JSON.parse(readFileSync(FILE, 'utf8')) as readonly KeptFailure[]

/** The inputs that a property failed on. */
export const keptInputs = (property: string): readonly unknown[] =>
  keptFailures()
    .filter((failure) => failure.property === property)
    .map(({ input }) => input)

/** Keeps what a run has found, for the tests to try first from now on. */
export function keepFailure(property: string, { seed, counterexample, errorInstance }: fc.RunDetails<[unknown]>): void {
  const note = errorInstance instanceof Error ? (errorInstance.message.split('\n')[0] ?? '') : String(errorInstance)
  const failures = [...keptFailures(), { property, note, seed, input: counterexample?.[0] }]
  writeFileSync(FILE, `[\n${failures.map((failure) => `  ${JSON.stringify(failure)}`).join(',\n')}\n]\n`)
}
