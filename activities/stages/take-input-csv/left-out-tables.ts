import type { DuckDBConnection } from '@duckdb/node-api'
import { PLACE_COLUMNS, sqlName } from '../../duckdb.ts'
import { VIOLATIONS_TYPE } from '../../left-out/violations-type.ts'
import { ROW_COLUMN } from '../../load-dataset.ts'
import type { IntakeRows } from './intake-rows.ts'

/** The place of a row in the source, and its number in the input. */
export const INTAKE_PLACES = [...PLACE_COLUMNS, ROW_COLUMN]

/** Makes the tables of the rows of an intake that break a check, and of those that are like others. */
export async function createLeftOutTables(
  connection: DuckDBConnection,
  { columns, delivered, held, rejected, alike }: Pick<IntakeRows, 'columns' | 'delivered' | 'held' | 'rejected' | 'alike'>,
): Promise<void> {
  const none = (names: readonly string[]): string => names.map((name) => `NULL::VARCHAR AS ${name}, `).join('')
  const [file, ...numbers] = INTAKE_PLACES
  const places = [`NULL::VARCHAR AS ${file}`, ...numbers.map((name) => `NULL::BIGINT AS ${name}`)].join(', ')
  const kept = held ? `0::BIGINT AS __kept_record, ''::VARCHAR AS __kept_file` : '0::BIGINT AS __kept'
  await connection.run(`CREATE TABLE ${rejected} AS
    SELECT ${none(delivered.map(({ name }) => sqlName(name)))}${places}, NULL::${VIOLATIONS_TYPE} AS __violations LIMIT 0`)
  await connection.run(`CREATE TABLE ${alike} AS SELECT ${none(columns.map(({ text }) => text))}${places}, ${kept} LIMIT 0`)
}
