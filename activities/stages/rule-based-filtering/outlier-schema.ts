import { z } from 'zod'

const SHARE_WORDS = 'must be a share with its unit, such as 1%'

/** What lies far from the others of a column, and how far is meant. */
export const outlierSchema = z
  .strictObject({
    method: z
      .enum(['iqr', 'zscore', 'mad', 'percentile'])
      .describe(
        'iqr: further than k times the distance of the quartiles from them; zscore: further than k standard deviations from the mean; mad: the same with the median and 1.4826 times the median distance from it; percentile: among the lowest or the highest share k',
      ),
    k: z
      .union([z.number().positive(), z.string({ error: SHARE_WORDS }).regex(/^\d+(?:\.\d+)?\s*%$/, { error: SHARE_WORDS })])
      .optional()
      .describe('How far; of percentile a share such as 1%. Default: iqr 1.5, zscore 3, mad 3.5, percentile 1%'),
    per: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe('Compared with the rows alone that are the same in these columns; a row with none of them filled is no outlier'),
  })
  .superRefine(({ method, k }, context) => {
    if (k === undefined) return
    const isShare = typeof k === 'string'
    const message =
      method !== 'percentile' && isShare
        ? 'must be a number: a share belongs to percentile'
        : method === 'percentile' && !(isShare && Number.parseFloat(k) > 0 && Number.parseFloat(k) < 50)
          ? 'must be a share above 0% and below 50%, such as 1%'
          : null
    if (message !== null) context.addIssue({ code: 'custom', path: ['k'], message, input: k })
  })
export type OutlierSpec = z.infer<typeof outlierSchema>

export const OUTLIER_KEYS = ['outlier', 'not_outlier'] as const
