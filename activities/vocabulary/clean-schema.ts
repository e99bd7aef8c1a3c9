import { z } from 'zod'

/**
 * Steps that `clean:` applies to a value and `as:` looks at it through: `trim` (whitespace at both ends), `squeeze` (inner
 * whitespace to one space), `lower`, `upper`, `fold` (lower case without accents, ß as ss), `nfc` (one form for each
 * character), `visible` (without zero-width and control characters).
 */
export const CLEAN_STEPS = ['trim', 'squeeze', 'lower', 'upper', 'fold', 'nfc', 'visible'] as const
export type CleanStep = (typeof CLEAN_STEPS)[number]

/** A list of cleaning steps, applied in the order written. */
export const cleanSchema = z
  .array(z.enum(CLEAN_STEPS))
  .meta({ title: 'steps', examples: [['trim', 'lower'], ['nfc', 'squeeze', 'visible'], ['upper'], ['fold']] })
  .describe('Steps, applied in the order written')
