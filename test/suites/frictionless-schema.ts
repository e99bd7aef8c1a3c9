import type { JsonObject } from '../../pipeline/json.ts'
import { cellSpecOf } from './cell-types.ts'
import { isMap, type Json, type JsonMap, listOf, NotOffered, textOf } from './suite-cases.ts'

/** A Table Schema. */
export interface TableSchema {
  readonly fields: readonly JsonMap[]
  readonly fieldsMatch?: string
  readonly primaryKey?: Json
  readonly foreignKeys?: readonly JsonMap[]
}

/** How the file is read, in our words. */
export function dialectConfig(resource: JsonMap): JsonObject {
  const dialect = isMap(resource['dialect']) ? resource['dialect'] : {}
  const csv = isMap(dialect['csv']) ? dialect['csv'] : dialect
  const [headerRow = 1, ...more] = listOf(dialect['headerRows']).map(Number)
  if (more.length > 0 || dialect['commentRows'] !== undefined)
    throw new NotOffered('a header of several rows, or rows that are comments by their number')
  return {
    ...(resource['encoding'] === undefined ? {} : { encoding: textOf(resource['encoding']) }),
    ...(headerRow === 1 ? {} : { skip_lines: headerRow - 1 }),
    delimiter: typeof csv['delimiter'] === 'string' ? csv['delimiter'] : ',',
    ...(typeof csv['quoteChar'] === 'string' ? { quote: csv['quoteChar'] } : {}),
    ...(typeof csv['escapeChar'] === 'string' ? { escape: csv['escapeChar'] } : {}),
    ...(typeof dialect['commentChar'] === 'string' ? { comment: dialect['commentChar'] } : {}),
    ...(dialect['headerCase'] === false ? { column_names: 'loose' } : {}),
  }
}

/** The columns of a schema: which must be there and in which order, and what their cells are. */
export function schemaConfig({ fields, fieldsMatch = 'exact' }: TableSchema): JsonObject {
  const optional = fieldsMatch === 'superset' || fieldsMatch === 'partial' ? { optional: true } : {}
  return {
    columns: Object.fromEntries(fields.map((field) => [textOf(field['name']), { ...columnOf(field), ...optional }])),
    ...(fieldsMatch === 'exact' ? { column_order: 'required' } : {}),
    ...(fieldsMatch === 'exact' || fieldsMatch === 'equal' || fieldsMatch === 'superset' ? { extra_columns: 'reject' } : {}),
  }
}

function columnOf(field: JsonMap): JsonObject {
  const spec = cellSpecOf({ type: field['type'] ?? 'any', format: field['format'] ?? 'default', options: field })
  if (spec.rule !== undefined) throw new NotOffered('a JSON value in a cell')
  const constraints = isMap(field['constraints']) ? field['constraints'] : {}
  return Object.entries(constraints).reduce<JsonObject>((column, [name, value]) => {
    const translate = CONSTRAINTS[name]
    if (translate === undefined) throw new NotOffered(`the constraint ${name}`)
    return { ...column, ...translate(value, column) }
  }, spec.column)
}

const lengthOf = (column: JsonObject, more: JsonObject): JsonObject => ({
  length: { ...(isMap(column['length']) ? column['length'] : {}), ...more },
})

const CONSTRAINTS: Readonly<Record<string, (value: Json, column: JsonObject) => JsonObject>> = {
  required: (value) => ({ required: value === true }),
  minimum: (value) => ({ min: value }),
  maximum: (value) => ({ max: value }),
  exclusiveMinimum: (value) => ({ above: value }),
  exclusiveMaximum: (value) => ({ below: value }),
  minLength: (value, column) => lengthOf(column, { min: Number(value) }),
  maxLength: (value, column) => lengthOf(column, { max: Number(value) }),
  pattern: (value) => ({ matches: `^(?:${textOf(value)})$` }),
  enum: (value) => ({ in: listOf(value).map(textOf) }),
  // A rule of its own.
  unique: () => ({}),
}
