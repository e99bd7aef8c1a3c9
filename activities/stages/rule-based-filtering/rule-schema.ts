import { z } from 'zod'
import { checksSchema } from '../../checks/check-schema.ts'
import { ruleBudgetSchema } from '../../vocabulary/amount-schema.ts'
import { cleanSchema } from '../../vocabulary/clean-schema.ts'
import { entriesSchema, lookShape } from '../../vocabulary/column-checks-schema.ts'
import { type Condition, conditionShape } from '../../vocabulary/condition-schema.ts'
import { type OutlierSpec, outlierSchema } from './outlier-schema.ts'
import { type SimilarSpec, similarSchema } from './similar-schema.ts'
import { valueSchema } from './value-schema.ts'

/** What happens to a row that is not as a rule says. */
const ACTIONS = ['reject', 'filter', 'flag', 'clear', 'clamp', 'warn', 'fail'] as const
export type Action = (typeof ACTIONS)[number] | 'set'

const ACTION_WORDS = `must be one of ${ACTIONS.join(', ')}, or {set: TEXT}`
const SET_WORDS = 'must be the text to put in; to empty a cell there is clear'
const actionSchema = z
  .union(
    [
      z.enum(ACTIONS, { error: ACTION_WORDS }),
      z.strictObject({
        set: z
          .union([z.string().min(1, { error: SET_WORDS }), z.number(), z.boolean()], { error: SET_WORDS })
          .describe('The text that is put in'),
      }),
    ],
    { error: ACTION_WORDS },
  )
  .meta({ examples: [...ACTIONS, { set: 'unknown' }] })
  .describe(
    'reject (bad data), filter (left out on purpose), flag (named in _flags), clear (empties the cell), clamp (to the nearest bound of min and max), {set: TEXT} (puts it in), warn (counted only), fail (stops the stage). Default: filter',
  )
type ActionSpec = z.infer<typeof actionSchema>

const columnNames = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

const uniqueSchema = z
  .strictObject({
    by: columnNames.describe('The columns that make two rows the same'),
    keep: z
      .enum(['first', 'last', 'none'])
      .default('first')
      .describe('Which of them stays; none: not one of those that are the same'),
    order_by: columnNames
      .optional()
      .describe('What first and last mean; "-views" turns the order round. Default: the order of the input'),
    as: cleanSchema.optional().describe('Look at the columns through these steps'),
    empty: z
      .enum(['skip', 'same'])
      .optional()
      .describe('Rows with nothing in any of the columns: skip (compared with none), or same as one another. Default: skip'),
  })
  .describe('Rows that are the same in these columns count as duplicates, unless an action is given')

/** One rule: what a good row looks like, and what happens to one that does not. */
const ruleSchema = z
  .strictObject({
    id: z
      .string({ error: 'needs an id: its rows are counted and reported under it' })
      .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u, { error: 'may hold letters, digits, "_", "-" and "."' })
      .describe('The name of the rule in reports and files'),
    ...conditionShape,
    unique: uniqueSchema.optional(),
    action: actionSchema.optional(),
    budget: ruleBudgetSchema.optional().describe('How many rows may break this rule: warn above, stop above'),
    message: z.string().min(1).optional().describe('What the report says of a row that breaks this rule'),
    similar: similarSchema.optional(),
    outlier: outlierSchema.optional().describe('A number that lies far from the others of its column'),
    not_outlier: outlierSchema.optional().describe('The opposite of `outlier`'),
  })
  .superRefine(({ unique, similar }, context) => {
    if (unique === undefined || similar === undefined) return
    context.addIssue({
      code: 'custom',
      path: ['similar'],
      message: 'cannot stand beside unique: make it a rule of its own',
      input: similar,
    })
  })
export type RuleSpec = Condition & {
  readonly id: string
  readonly unique?: z.infer<typeof uniqueSchema> | undefined
  readonly similar?: SimilarSpec | undefined
  readonly outlier?: OutlierSpec | undefined
  readonly not_outlier?: OutlierSpec | undefined
  readonly action?: ActionSpec | undefined
  readonly budget?: z.infer<typeof ruleBudgetSchema> | undefined
  readonly message?: string | undefined
}

const defaultsSchema = z.strictObject({
  column: z.string().min(1).optional().describe('The column of rules that name none'),
  columns: z.array(z.string().min(1)).min(1).optional().describe('The columns of rules that name none'),
  ...lookShape,
  action: actionSchema.optional(),
})

/** What a rules file may hold, and the part of the config that is about rules. */
export const rulesShape = {
  defaults: defaultsSchema.optional().describe('For what a rule does not say itself'),
  lists: z.record(z.string().min(1), entriesSchema).optional().describe('Lists of words by name: written out, or a file'),
  let: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, { error: 'must be a name of letters, digits and "_"' }), valueSchema)
    .optional()
    .describe('A number per row, worked out from it; used like a column, not written'),
  rules: z.array(ruleSchema).optional().describe('What a good row looks like; applied in this order'),
  checks: checksSchema.optional(),
}
