import { z } from 'zod'
import { lookShape } from '../../vocabulary/column-checks-schema.ts'
import { MEASURES, measuredShape } from '../../vocabulary/measure-schema.ts'

const KINDS = ['expr', 'score', ...MEASURES] as const
const LOOK = ['column', 'as', 'match'] as const

/** A value per row under a name: an expression, a score of words, or a measure of a text. */
export const valueSchema = z
  .strictObject({
    expr: z.string().min(1).optional().describe('An SQL expression over the columns of the row'),
    score: z
      .record(z.string().min(1), z.number())
      .optional()
      .meta({ examples: [{ awful: 2, bad: 1 }] })
      .describe('Lists by name with their weights: each entry that occurs counts once, times its weight'),
    ...measuredShape,
    column: z.string().min(1).optional().describe('The column of a score or a measure; else the column of `defaults`'),
    as: lookShape.as,
    match: lookShape.match,
  })
  .superRefine((spec, context) => {
    const given = KINDS.filter((kind) => spec[kind] !== undefined)
    const idle = spec.expr === undefined ? undefined : LOOK.find((key) => spec[key] !== undefined)
    if (given.length === 0) context.addIssue({ code: 'custom', message: `says nothing: add one of ${KINDS.join(', ')}` })
    else if (given.length > 1)
      context.addIssue({
        code: 'custom',
        message: `says two things, ${given.slice(0, 2).join(' and ')}: give each a name of its own`,
      })
    else if (idle !== undefined) context.addIssue({ code: 'custom', message: `has "${idle}", which does nothing beside expr` })
  })
export type ValueSpec = z.infer<typeof valueSchema>
