import { z } from 'zod'

const WORDS = 'needs its unit: a share such as "2%" or a number of rows such as "5 rows"'

/** A share (`2%`) or a number of rows (`5 rows`): a bare number is refused, since it does not say which. */
export const amountSchema = z
  .string({ error: WORDS })
  .regex(/^(?:\d+(?:\.\d+)?\s*%|\d+ rows?)$/, { error: WORDS })
  .meta({ title: 'amount', examples: ['2%', '5 rows'] })
  .describe('A share of the rows (2%) or a number of rows (5 rows)')

/** When to warn and when to stop, each as an amount of rows. */
export const budgetSchema = z.strictObject({
  warn: amountSchema.optional().describe('Warn when more rows than this are concerned'),
  fail: amountSchema.optional().describe('Stop the stage when more rows than this are concerned'),
})
export type Budget = z.infer<typeof budgetSchema>

export type Amount = { readonly unit: 'share'; readonly share: number } | { readonly unit: 'rows'; readonly rows: number }

/** Reads an amount that its schema has let through. */
export function parseAmount(text: string): Amount {
  return text.endsWith('%')
    ? { unit: 'share', share: Number.parseFloat(text) / 100 }
    : { unit: 'rows', rows: Number.parseInt(text, 10) }
}

/** Whether `count` of `total` rows is more than the amount allows. */
export function isOver(amount: Amount, count: number, total: number): boolean {
  return amount.unit === 'rows' ? count > amount.rows : count > amount.share * total
}

/** Whether `count` of `total` rows is less than the amount asks for. */
export function isUnder(amount: Amount, count: number, total: number): boolean {
  return amount.unit === 'rows' ? count < amount.rows : count < amount.share * total
}
