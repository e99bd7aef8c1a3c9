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
