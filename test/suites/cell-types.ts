import type { JsonObject } from '../../pipeline/json.ts'
import type { CellSpec } from './frictionless-cell.ts'
import { isMap, type Json, type JsonMap, listOf, NotOffered, textOf } from './suite-cases.ts'

/** A type of the suite (Table Schema, as one program reads it) in our words. Throws NotOffered. */
export function cellSpecOf(rule: JsonMap): CellSpec {
  const type = textOf(rule['type'])
  const translate = TYPES[type]
  if (translate === undefined) throw new NotOffered(`the type ${type}`)
  const { options } = rule
  return translate(formatOf(rule['format']), isMap(options) ? options : {})
}

/** `default`, or the strftime format behind `fmt:`. */
const formatOf = (format: Json | undefined): string => (typeof format === 'string' ? format.replace(/^fmt:/, '') : 'default')

type Translate = (format: string, options: JsonMap) => CellSpec
const text = (column: JsonObject = {}): CellSpec => ({ column: { type: 'text', ...column } })
const UUID = '^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
const BASE64 = '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'
const WKT =
  '^(?i)(?:(?:MULTI)?(?:POINT|LINESTRING|POLYGON|CURVE|SURFACE)|GEOMETRYCOLLECTION|CIRCULARSTRING|COMPOUNDCURVE|CURVEPOLYGON|POLYHEDRALSURFACE|TIN|TRIANGLE)(?: ?Z?M?)? ?(?:EMPTY|[(].*[)])$'
const CLOCK = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?'
const LONGITUDE = '[+-]?(?:180(?:[.]0*)?|(?:1[0-7][0-9]|[0-9]{1,2})(?:[.][0-9]+)?)'
const LATITUDE = '[+-]?(?:90(?:[.]0*)?|[0-8]?[0-9](?:[.][0-9]+)?)'

const TYPES: Readonly<Record<string, Translate>> = {
  any: () => text(),
  string: (format) => stringOf(format),
  boolean: (_, options) => booleanOf(options),
  integer: (_, options) => ({
    column: { type: 'integer', ...numberForm(options) },
    valueType: 'integer',
    ...partlyNumber(options),
  }),
  number: (_, options) => ({
    column: { type: 'decimal', ...numberForm(options) },
    valueType: 'decimal',
    ...partlyNumber(options),
  }),
  date: (format) => ({ column: { type: 'date', ...formatKey(format) }, valueType: 'date', ...partlyDate(format) }),
  datetime: (format) => ({ column: { type: 'datetime', ...formatKey(format) }, valueType: 'datetime', ...partlyDate(format) }),
  time: (format) => ({
    ...text({ matches: `^(?:${format === 'default' || format === 'any' ? CLOCK : clockPattern(format)})$` }),
    ...partlyDate(format),
  }),
  year: () => text({ matches: '^[0-9]{4}$' }),
  yearmonth: () => text({ matches: '^[0-9]{4}-(?:0?[1-9]|1[0-2])$' }),
  duration: () => ({ column: { type: 'duration' }, partly: 'years and months as durations: they have no fixed length' }),
  geopoint: (format) =>
    format === 'default'
      ? text({ matches: `^\\s*${LONGITUDE}\\s*,\\s*${LATITUDE}\\s*$` })
      : { ...text(), rule: jsonRule(format.toUpperCase()), partly: 'what a JSON value in a cell means' },
  geojson: () => ({ ...text(), rule: GEOJSON, partly: 'what a JSON value in a cell means' }),
  array: () => ({ ...text(), rule: jsonRule('ARRAY') }),
  object: () => ({ ...text(), rule: jsonRule('OBJECT') }),
}

const GEOJSON: JsonObject = {
  expr: `CASE WHEN json_valid(cell) THEN json_extract_string(cell, '$.type') IS NOT NULL ELSE FALSE END`,
}

const jsonRule = (type: string): JsonObject => ({
  expr: `CASE WHEN json_valid(cell) THEN json_type(cell) = '${type}' ELSE FALSE END`,
})

function stringOf(format: string): CellSpec {
  switch (format) {
    case 'default':
      return text()
    case 'uri':
      return { column: { type: 'url' } }
    case 'email':
      return { column: { type: 'email' } }
    case 'uuid':
      return text({ matches: UUID })
    case 'binary':
      return text({ matches: BASE64 })
    case 'wkt':
      return { ...text({ matches: WKT }), partly: 'the grammar of geometries in a text' }
    default:
      throw new NotOffered(`the format ${format} of a text`)
  }
}

/** The suite's words are exact: `Yes` is not `yes`. */
function booleanOf(options: JsonMap): CellSpec {
  const yes = listOf(options['trueValues'] ?? ['true', 'True', 'TRUE', '1'])
  const no = listOf(options['falseValues'] ?? ['false', 'False', 'FALSE', '0'])
  return text({ in: [...yes, ...no].map(textOf) })
}

const MARKS: ReadonlySet<string> = new Set([',', '.', "'", ' '])

function partlyNumber({ groupChar, decimalChar, bareNumber }: JsonMap): { readonly partly?: string } {
  if (bareNumber === false) return { partly: 'text around a number, such as its currency' }
  const strange = [groupChar, decimalChar].some((mark) => mark !== undefined && !MARKS.has(textOf(mark)))
  return strange ? { partly: 'a mark that no locale writes in numbers' } : {}
}

function numberForm(options: JsonMap): JsonObject {
  const { groupChar, decimalChar } = options
  const known = (mark: Json | undefined): boolean => mark !== undefined && MARKS.has(textOf(mark))
  return {
    ...(!known(groupChar) ? {} : { group: textOf(groupChar) }),
    ...(!known(decimalChar) ? {} : { decimal: textOf(decimalChar) }),
  }
}

const partlyDate = (format: string): { readonly partly?: string } =>
  format === 'any' ? { partly: 'times in whatever form: ours are named, so that 01/02 is never guessed' } : {}

function formatKey(format: string): JsonObject {
  if (format === 'default' || format === 'any') return {}
  return { format }
}

const CLOCK_PARTS: Readonly<Record<string, string>> = {
  H: '(?:[01]?[0-9]|2[0-3])',
  I: '(?:0?[1-9]|1[0-2])',
  M: '[0-5]?[0-9]',
  S: '[0-5]?[0-9]',
  f: '[0-9]{1,6}',
  p: '[AaPp][Mm]',
}

const clockPattern = (format: string): string =>
  format.replaceAll(/%(?<part>\w)/g, (whole, part: string) => CLOCK_PARTS[part] ?? whole)
