import { z } from 'zod'

const WORDS = 'needs its unit: a share such as "2%" or a number of rows such as "5 rows"'

/** A share (`2%`) or a number of rows (`5 rows`): a bare number is refused, since it does not say which. */
export const amountSchema = z
  .string({ error: WORDS })
  .regex(/^(?:\d+(?:\.\d+)?\s*%|\d+ rows?)$/, { error: WORDS })
  .refine((text) => !text.endsWith('%') || Number.parseFloat(text) <= 100, { error: 'must be at most 100%' })
  .meta({ title: 'amount', examples: ['2%', '5 rows'] })
  .describe('A share of the rows (2%) or a number of rows (5 rows)')

/** When to warn and when to stop, each as an amount of rows. */
export const budgetSchema = z.strictObject({
  warn: amountSchema.optional().describe('Warn when more rows than this are concerned'),
  fail: amountSchema.optional().describe('Stop the stage when more rows than this are concerned'),
})
/** The budget of one rule: its shares may be of the rows that the rule says something about. */
export const ruleBudgetSchema = budgetSchema.extend({
  of: z
    .enum(['rows', 'checked'])
    .optional()
    .describe(
      'What shares are of: all `rows` read, or the rows `checked`, for which the rule says something (no empty value, `when` holds). Default: rows',
    ),
})
export type Budget = z.infer<typeof ruleBudgetSchema>

/** A share is kept as the digits of its percentage, so that 29 % of 100 rows are 29 and not a little less. */
export type Amount =
  | { readonly unit: 'share'; readonly percent: number; readonly scale: number }
  | { readonly unit: 'rows'; readonly rows: number }

/** Reads an amount that its schema has let through. */
export function parseAmount(text: string): Amount {
  if (!text.endsWith('%')) return { unit: 'rows', rows: Number.parseInt(text, 10) }
  const [whole = '', decimals = ''] = text.slice(0, -1).trim().split('.')
  return { unit: 'share', percent: Number(whole + decimals), scale: 10 ** decimals.length }
}

/** Whether `count` of `total` rows is more than the amount allows. */
export function isOver(amount: Amount, count: number, total: number): boolean {
  return amount.unit === 'rows' ? count > amount.rows : count * 100 * amount.scale > amount.percent * total
}

/** Whether `count` of `total` rows is less than the amount asks for. */
export function isUnder(amount: Amount, count: number, total: number): boolean {
  return amount.unit === 'rows' ? count < amount.rows : count * 100 * amount.scale < amount.percent * total
}
