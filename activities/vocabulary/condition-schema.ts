import { z } from 'zod'
import { columnFormShape } from './column-form-schema.ts'
import { type ColumnChecks, columnChecksSchema, checkShape, lookShape } from './column-checks-schema.ts'

/** What must hold for a row: checks of columns, groups of conditions, an expression; all that is written must hold. */
export interface Condition extends ColumnChecks {
  readonly column?: string | undefined
  readonly columns?: readonly string[] | undefined
  readonly format?: readonly string[] | undefined
  readonly when?: Condition | undefined
  readonly all?: readonly Condition[] | undefined
  readonly any?: readonly Condition[] | undefined
  readonly not?: Condition | undefined
  readonly expr?: string | undefined
}

const group = z.array(z.lazy(() => conditionSchema)).min(1)

/** The keys of a condition; a rule has more around them. */
export const conditionShape = {
  column: z.string().min(1).optional().describe('The column that the checks are about'),
  columns: z.array(z.string().min(1)).min(1).optional().describe('Several columns: the checks hold for each'),
  ...lookShape,
  format: columnFormShape.format.describe(
    'How the dates of a column of text are written, by strftime: one format, or several. Default: ISO 8601',
  ),
  when: z
    .lazy(() => conditionSchema)
    .optional()
    .describe('The rule is about rows that look like this; others pass'),
  ...checkShape,
  all: group.optional().describe('All of these hold'),
  any: group.optional().describe('At least one of these holds'),
  not: z
    .lazy(() => conditionSchema)
    .optional()
    .describe('This does not hold'),
  expr: z
    .string()
    .min(1)
    .optional()
    .describe('An SQL expression over the columns of the row that must be true; no I/O, clock or randomness'),
} as const

/** A condition over a row. */
export const conditionSchema: z.ZodType<Condition> = z.strictObject(conditionShape).meta({ title: 'condition' })

/** The checks alone, as `compileChecks` takes them. */
export function checksOf(condition: Condition): ColumnChecks {
  const known = Object.keys(columnChecksSchema.shape)
  return Object.fromEntries(Object.entries(condition).filter(([key]) => known.includes(key)))
}

/** A condition and every one below it, each with its path. */
export function conditionsIn(condition: Condition, path: readonly (string | number)[] = []): readonly PlacedCondition[] {
  const groups = (['all', 'any'] as const).flatMap((key) =>
    (condition[key] ?? []).flatMap((child, index) => conditionsIn(child, [...path, key, index])),
  )
  const single = (['when', 'not'] as const).flatMap((key) => {
    const child = condition[key]
    return child === undefined ? [] : conditionsIn(child, [...path, key])
  })
  return [{ condition, path }, ...single, ...groups]
}

export interface PlacedCondition {
  readonly condition: Condition
  readonly path: readonly (string | number)[]
}
