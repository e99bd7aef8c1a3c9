import { OnclockError } from '../../../pipeline/errors.ts'
import { type CompileEnv, lookOf } from '../../vocabulary/compile-checks.ts'
import { type Surroundings, surroundingsOf } from '../../vocabulary/compile-condition.ts'
import { measuredSql } from '../../vocabulary/measure-sql.ts'
import type { Look } from '../../vocabulary/text-checks.ts'
import { scoreSql } from './score-sql.ts'
import type { ValueSpec } from './value-schema.ts'

/** A value per row as SQL; the type of an expression is DuckDB's to say. */
export interface ValueSql {
  readonly sql: string
  readonly type: 'integer' | 'decimal' | null
}

/** The SQL of a score, a measure or an expression. */
export function valueSql(spec: ValueSpec, around: Surroundings, env: CompileEnv & { expr(text: string): string }): ValueSql {
  if (spec.expr !== undefined) return { sql: env.expr(spec.expr), type: null }
  const look = lookAt(spec, around, env)
  if (spec.score !== undefined) return { sql: scoreSql(spec.score, look, env), type: 'integer' }
  return measuredSql(spec, look, env)
}

/** The column that a score or a measure is about; undefined where nothing says it. */
export function columnOf(spec: ValueSpec, around: Surroundings): string | undefined {
  return surroundingsOf({ column: spec.column }, around).column
}

function lookAt(spec: ValueSpec, around: Surroundings, env: CompileEnv): Look {
  const { column: name, ...look } = surroundingsOf({ column: spec.column, as: spec.as, match: spec.match }, around)
  const column = name === undefined ? undefined : env.column(name)
  if (column === undefined)
    throw new OnclockError('CONFIG_INVALID', 'a value does not say which column it is about', {
      hint: 'Add column: NAME, here or in defaults.',
    })
  return lookOf(column, look)
}
