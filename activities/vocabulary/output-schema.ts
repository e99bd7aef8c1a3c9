import { z } from 'zod'
import { delimiterSchema } from './delimiter-schema.ts'

/** How the CSV for people is written; one for all stages that write one. The copy for the next stage does not depend on it. */
export const outputSchema = z
  .strictObject({
    delimiter: delimiterSchema
      .refine((text) => text !== '"', { error: 'cannot be the quote' })
      .optional()
      .describe('Between cells: one character, or comma, semicolon, tab, pipe, space. Default: comma'),
    bom: z
      .boolean()
      .optional()
      .describe('A byte order mark comes first, by which Excel knows that the file is UTF-8. Default: false'),
    line_end: z.enum(['lf', 'crlf']).optional().describe('What ends a line. Default: lf'),
    quote: z
      .enum(['minimal', 'all'])
      .optional()
      .describe('Which cells stand in quotes: those that need them, or all. Default: minimal'),
    formula_guard: z
      .boolean()
      .optional()
      .describe(
        "A cell that a spreadsheet would take for a formula (= + - @, tab or CR come first; numbers may) gets a ' in front. Default: false",
      ),
  })
  .describe('How the CSV for people is written; the copy for the next stage does not depend on it')
export type OutputSpec = z.infer<typeof outputSchema>
