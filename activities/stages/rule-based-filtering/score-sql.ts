import { OnclockError } from '../../../pipeline/errors.ts'
import { type CompileEnv, lookOf } from '../../vocabulary/compile-checks.ts'
import { type Surroundings, surroundingsOf } from '../../vocabulary/compile-condition.ts'
import { occurs, partsOf } from '../../vocabulary/text-checks.ts'
import type { LetSpec } from './rule-schema.ts'

/** The score of a row: each entry of the lists that occurs counts once, times the weight of its list. 0 for an empty text. */
export function scoreSql(spec: Extract<LetSpec, { score: unknown }>, around: Surroundings, env: CompileEnv): string {
  const { column: name, ...look } = surroundingsOf({ column: spec.column, as: spec.as, match: spec.match }, around)
  const column = name === undefined ? undefined : env.column(name)
  if (column === undefined)
    throw new OnclockError('CONFIG_INVALID', 'a score does not say which column it is about', {
      hint: 'Add column: NAME, here or in defaults.',
    })
  const seen = lookOf(column, look)
  const terms = Object.entries(spec.score).map(([list, weight]) => {
    const found = partsOf({ list }, seen, env).map((entry) => `CAST(${occurs(entry, seen)} AS INTEGER)`)
    return `${weight} * (${found.join(' + ')})`
  })
  return `coalesce(${terms.join(' + ')}, 0)`
}
