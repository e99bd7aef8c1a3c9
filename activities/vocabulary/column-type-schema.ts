import { z } from 'zod'

const COLUMN_TYPES = [
  'text',
  'id',
  'integer',
  'decimal',
  'boolean',
  'date',
  'datetime',
  'duration',
  'percent',
  'email',
  'url',
  'enum',
] as const
export type ColumnType = (typeof COLUMN_TYPES)[number]

/** The type of a column. `id` is text from the first byte to the last. */
export const columnTypeSchema = z.enum(COLUMN_TYPES).describe('What the values are; checked strictly, `id` stays text')
