import { z } from 'zod'

/** A mark of a CSV file: one ASCII character that no value is made of. */
export const markSchema = z
  .string()
  .length(1, { error: 'must be one character' })
  .refine((text) => text.charCodeAt(0) < 0x7f && !/[A-Za-z0-9\n\r]/.test(text), {
    error: 'must be an ASCII character that is no letter, digit or line end',
  })

/** What stands between cells: a mark, or the name of a usual one. */
export const delimiterSchema = z
  .union([z.enum(['comma', 'semicolon', 'tab', 'pipe', 'space']), markSchema])
  .transform((text) => ({ comma: ',', semicolon: ';', tab: '\t', pipe: '|', space: ' ' })[text] ?? text)

/** What stands between the cells of a file that others wrote: it may also be of several characters. */
export const inputDelimiterSchema = z.union([
  delimiterSchema,
  z
    .string()
    .max(8, { error: 'must be of 8 characters at most' })
    .refine((text) => text !== '' && !/["\n\r]/.test(text) && !/^[A-Za-z0-9]*$/.test(text), {
      error: 'must hold a character that is no letter or digit, and neither double quotes nor line ends',
    }),
])

/** What a line begins with that is a comment. */
export const commentSchema = z
  .string()
  .min(1)
  .max(8, { error: 'must be of 8 characters at most' })
  .refine((text) => !/[\s"]/.test(text), { error: 'must be without blanks and double quotes' })
