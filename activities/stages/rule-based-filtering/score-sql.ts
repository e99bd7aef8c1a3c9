import type { CompileEnv } from '../../vocabulary/compile-checks.ts'
import { type Look, occurs, partsOf } from '../../vocabulary/text-checks.ts'

/** The score of a row: each entry of the lists that occurs counts once, times the weight of its list. 0 for an empty text. */
export function scoreSql(score: Readonly<Record<string, number>>, look: Look, env: CompileEnv): string {
  const terms = Object.entries(score).map(([list, weight]) => {
    const found = partsOf({ list }, look, env).map((entry) => `CAST(${occurs(entry, look)} AS INTEGER)`)
    return `${weight} * (${found.join(' + ')})`
  })
  return `coalesce(${terms.join(' + ')}, 0)`
}
