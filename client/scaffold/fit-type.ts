import { fitDate } from './fit-date.ts'
import { fitNumber } from './fit-number.ts'

/** What the values of a column are taken for. */
export interface FittedType {
  readonly type: 'text' | 'id' | 'integer' | 'decimal' | 'percent' | 'date' | 'datetime' | 'duration'
  /** Keys that say how the values are written, where it is not the normal way. */
  readonly form: { readonly [key: string]: string | true }
  /** What the values leave open, for people to decide; null: nothing. */
  readonly note: string | null
}

const plain = (type: FittedType['type']): FittedType => ({ type, form: {}, note: null })

/** Careful: a type is proposed only when every value of the sample has it, since a wrong one would reject good rows. */
export function fitType(name: string, values: readonly string[]): FittedType {
  if (values.length === 0) return plain('text')
  const every = (pattern: RegExp): boolean => values.every((value) => pattern.test(value))
  if (every(/^\d+$/) && (/(?:^|[_ ])id$/i.test(name) || values.some((value) => value.length > 15 || /^0\d/.test(value)))) {
    return plain('id')
  }
  if (every(/^-?\d{1,15}$/)) return plain('integer')
  if (every(/^P(?=[\dT])(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/)) return plain('duration')
  // A time of day looks the same: the name has to say that it is none.
  if (every(/^\d{1,3}:[0-5]\d(?::[0-5]\d)?$/) && /duration|length|dauer|durée/i.test(name)) return plain('duration')
  return fitDate(values) ?? fitNumber(name, values) ?? plain('text')
}
