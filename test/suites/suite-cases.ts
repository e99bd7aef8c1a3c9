import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of the suites; empty where the test data is absent. */
export const SUITES_DIR = process.env['ONCLOCK_TEST_DATA'] === undefined ? '' : join(process.env['ONCLOCK_TEST_DATA'], 'suites')

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonMap = Readonly<Record<string, Json>>

/** One case of `rules.jsonl`, as its README describes it. */
export interface RuleCase {
  readonly id: string
  readonly suite: string
  readonly stratum: string
  readonly data: JsonMap
  readonly schemas?: Readonly<Record<string, string>> | null
  readonly rule: JsonMap
  readonly steps?: readonly string[]
  readonly expect: JsonMap & { readonly kind: string }
}

export function readRuleCases(): readonly RuleCase[] {
  return readFileSync(join(SUITES_DIR, 'rules.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RuleCase)
}

/** What came of a case: `passed`, `not_offered` with the reason, or `differs` with what we did instead. */
export type Verdict =
  | { readonly verdict: 'passed' }
  | { readonly verdict: 'not_offered'; readonly reason: string }
  | { readonly verdict: 'differs'; readonly expected: string; readonly found: string }

/** Two cases of a suite may have the same ID. */
export type Verdicts = ReadonlyMap<RuleCase, Verdict>

export const passed: Verdict = { verdict: 'passed' }
export const notOffered = (reason: string): Verdict => ({ verdict: 'not_offered', reason })

/** Passed when both are the same. */
export function sameVerdict(expected: unknown, found: unknown): Verdict {
  const [wanted, got] = [JSON.stringify(expected), JSON.stringify(found)]
  return wanted === got ? passed : { verdict: 'differs', expected: wanted, found: got }
}

/** A case that our language cannot say; thrown by translators. */
export class NotOffered extends Error {}

export const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null))
export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [])

/** Judges the cases one by one; one that says it is not offered is just that. */
export async function judgeEach(cases: readonly RuleCase[], judge: (one: RuleCase) => Promise<Verdict>): Promise<Verdicts> {
  const verdicts = new Map<RuleCase, Verdict>()
  for (const one of cases) {
    try {
      verdicts.set(one, await judge(one))
    } catch (error) {
      if (!(error instanceof NotOffered)) throw error
      verdicts.set(one, notOffered(error.message))
    }
  }
  return verdicts
}
