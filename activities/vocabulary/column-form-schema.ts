import { z } from 'zod'
import type { ColumnType } from './column-type-schema.ts'

const DECIMALS = { point: '.', comma: ',' } as const
const GROUPS = { point: '.', comma: ',', "'": 'apostrophe', '’': 'apostrophe', ' ': 'space' } as const

const decimalSchema = z
  .enum(['.', ',', 'point', 'comma'])
  .transform((word) => (word === '.' || word === ',' ? word : DECIMALS[word]))

const groupSchema = z
  .enum(['.', ',', "'", '’', ' ', 'point', 'comma', 'apostrophe', 'space', 'none'])
  .transform((word) =>
    word in GROUPS ? GROUPS[word as keyof typeof GROUPS] : (word as '.' | ',' | 'apostrophe' | 'space' | 'none'),
  )

const words = z.array(z.union([z.string().min(1), z.number(), z.boolean()]).transform(String)).min(1)
const pattern = z.string().min(1)

/** How the numbers of a whole file are written. */
export const numberFormShape = {
  decimal: decimalSchema.optional().describe('The decimal mark of numbers: `,` or `.` (comma, point). Default: point'),
  group: groupSchema
    .optional()
    .describe(
      "What may stand between groups of three digits: `.` `,` `'` or a space (point, comma, apostrophe, space: of any kind), or none. Default: none",
    ),
  units: z.boolean().optional().describe('Numbers may end in K, M or B, as 541.2K does. Default: false'),
} as const

/** How the values of one column are written. A cell that is read by one of these leaves in its normal form. */
export const columnFormShape = {
  ...numberFormShape,
  format: z
    .union([pattern, z.array(pattern).min(1)])
    .transform((formats) => (typeof formats === 'string' ? [formats] : formats))
    .meta({ title: 'format', examples: ['%d.%m.%Y', ['%d/%m/%Y', '%Y-%m-%d'], '%Y-%m-%d %H:%M %z'] })
    .optional()
    .describe('How dates are written, by strftime: one format, or several that are tried in this order. Default: ISO 8601'),
  true_words: words.optional().describe('What means true, beside `true`; case does not matter. Default: yes, t, y, 1'),
  false_words: words.optional().describe('What means false, beside `false`; case does not matter. Default: no, f, n, 0'),
} as const

/** The types that each of these keys is about. */
export const FORM_TYPES: Readonly<Record<keyof typeof columnFormShape, readonly ColumnType[]>> = {
  decimal: ['integer', 'decimal', 'percent'],
  group: ['integer', 'decimal', 'percent'],
  units: ['integer', 'decimal'],
  format: ['date', 'datetime'],
  true_words: ['boolean'],
  false_words: ['boolean'],
}

/** How the values of a column are written, with nothing left to defaults of the file. */
export interface ColumnForm {
  /** The decimal mark of numbers: `.` unless said. */
  readonly decimal?: '.' | ',' | undefined
  /** The mark between groups of three digits; none unless said. */
  readonly group?: '.' | ',' | 'apostrophe' | 'space' | 'none' | undefined
  /** Numbers may end in K, M or B: `541.2K`. */
  readonly units?: boolean | undefined
  /** strftime formats of dates and datetimes, tried in order; ISO 8601 unless said. */
  readonly format?: readonly string[] | undefined
  readonly true_words?: readonly string[] | undefined
  readonly false_words?: readonly string[] | undefined
}
