import type { DuckDBConnection } from '@duckdb/node-api'
import { PLACE_COLUMNS, sqlName, sqlText } from '../duckdb.ts'
import type { LeftOutFile, RenamedFiles, StageOutput } from '../store/stage-rows.ts'

/** A file of rows as SQL: `from` gives `__file __record __line __byte`, `__alias` (its place in the CSV for people) and `__json`. */
export interface RowSource {
  readonly columns: readonly string[]
  /** The rows know their place in the original source. */
  readonly places: boolean
  readonly csvName: string
  readonly from: string
  /** SQL: the text of a cell, of a column that the source has. */
  readonly cell: (column: string) => string
  /** SQL condition: the row has this text in this column. */
  readonly has: (column: string, value: string) => string
}

/** JSON lines of left-out rows; a record that could not be split has the value when its raw text does. */
export async function leftOutSource(connection: DuckDBConnection, left: LeftOutFile): Promise<RowSource> {
  const { path, csvName, renamed } = left
  const lines = `read_ndjson_objects(${sqlText(path)}, maximum_object_size = 67108864)`
  const number = (key: string): string => `TRY_CAST(json_extract_string(json, '/${key}') AS BIGINT) AS __${key}`
  const reader = await connection.runAndReadAll(
    `SELECT json_keys(json, '/cells') FROM ${lines} WHERE json_keys(json, '/cells') IS NOT NULL LIMIT 1`,
  )
  const keys = reader.getRowsJson()[0]?.[0]
  return {
    columns: Array.isArray(keys) ? keys.map(String) : [],
    places: true,
    csvName,
    from: `(SELECT ${fileOf(`json_extract_string(json, '/file')`, renamed)} AS __file, ${['record', 'line', 'byte'].map(number).join(', ')},
      row_number() OVER () AS __alias, json::VARCHAR AS __json FROM ${lines})`,
    cell: (column) => `json_extract_string(__json, ${cellPath(column)})`,
    has: (column, value) => {
      const cell = cellPath(column)
      if (value === '')
        return `(json_extract(__json, ${cell}) IS NOT NULL AND coalesce(json_extract_string(__json, ${cell}), '') = '')`
      const raw = `coalesce(regexp_matches(json_extract_string(__json, '/raw'), ${sqlText(wholeWord(value))}), false)`
      return `(coalesce(json_extract_string(__json, ${cell}) = ${sqlText(value)}, false) OR ${raw})`
    },
  }
}

/** The output of a stage: the Parquet copy of a built-in one, which has places, or the CSV of another. */
export async function outputSource(connection: DuckDBConnection, output: StageOutput): Promise<RowSource> {
  const { paths, format, csvName, renamed } = output
  const list = `[${paths.map(sqlText).join(', ')}]`
  const file =
    format === 'parquet'
      ? `read_parquet(${list})`
      : `read_csv(${list}, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"')`
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${file}`)
  const names = described.getRows().map(([name]) => String(name))
  const hidden: ReadonlySet<string> = new Set(PLACE_COLUMNS)
  const columns = names.filter((name) => !hidden.has(name))
  const places = PLACE_COLUMNS.every((name) => names.includes(name))
  const alias = 'row_number() OVER ()'
  const place = places
    ? PLACE_COLUMNS.map((name) => (name === '__file' ? `${fileOf('__file', renamed)} AS __file` : name)).join(', ')
    : `${sqlText(csvName)} AS __file, ${alias} AS __record, NULL::BIGINT AS __line, NULL::BIGINT AS __byte`
  return {
    columns,
    places,
    csvName,
    from: `(SELECT ${[...columns.map(sqlName), place].join(', ')}, ${alias} AS __alias, NULL::VARCHAR AS __json FROM ${file})`,
    cell: (column) => `CAST(${sqlName(column)} AS VARCHAR)`,
    has: (column, value) =>
      columns.includes(column) ? `coalesce(CAST(${sqlName(column)} AS VARCHAR), '') = ${sqlText(value)}` : 'false',
  }
}

/** The name of a file as this run calls it. */
function fileOf(file: string, renamed: RenamedFiles): string {
  const cases = renamed.map(({ from, to }) => `WHEN ${sqlText(from)} THEN ${sqlText(to)}`)
  return cases.length === 0 ? file : `CASE ${file} ${cases.join(' ')} ELSE ${file} END`
}

/** Where a line of left-out rows has a cell. */
const cellPath = (column: string): string => sqlText(`/cells/${column.replaceAll('~', '~0').replaceAll('/', '~1')}`)

/** RE2: the text, not as a part of a longer word or number. */
function wholeWord(text: string): string {
  return `(?:^|[^\\pL\\pN_])${text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}(?:$|[^\\pL\\pN_])`
}
