import type { DuckDBConnection } from '@duckdb/node-api'
import type { JsonObject } from '../../../pipeline/json.ts'
import type { IntakeColumn } from './intake-columns.ts'
import { changedCounts, changeMarks, CHANGES, otherChangeCounts } from './intake-query.ts'

/** How many cells of each column were changed, and by what. */
export class ChangedCells {
  readonly #columns: readonly IntakeColumn[]
  readonly #cleaned: number[]
  readonly #others: number[]

  constructor(columns: readonly IntakeColumn[]) {
    this.#columns = columns
    this.#cleaned = columns.map(() => 0)
    this.#others = changeMarks(columns).map(() => 0)
  }

  /** Adds those of a table that an intake query gave. */
  async count(connection: DuckDBConnection, table: string): Promise<void> {
    await addCounts(connection, changedCounts(this.#columns, table), this.#cleaned)
    const others = otherChangeCounts(this.#columns, table)
    if (others !== null) await addCounts(connection, others, this.#others)
  }

  /** Adds cells of a column that were cleaned. */
  add(column: number, count: number): void {
    this.#cleaned[column] = (this.#cleaned[column] ?? 0) + count
  }

  /** For the metadata, by kind and column: `cleaned_cells` always, the others where there are any. */
  get summary(): JsonObject {
    const names = this.#columns.map(({ name }) => name)
    const marks = changeMarks(this.#columns)
    const others = CHANGES.flatMap((change) => {
      const counted = marks.flatMap((mark, at) => (mark.change === change ? [[mark.index, this.#others[at] ?? 0] as const] : []))
      const cells = byName(counted.map(([index, count]) => [names[index] ?? '', count]))
      return Object.keys(cells).length === 0 ? [] : [[`${change}_cells`, cells] as const]
    })
    return { cleaned_cells: byName(names.map((name, index) => [name, this.#cleaned[index] ?? 0])), ...Object.fromEntries(others) }
  }
}

const byName = (counts: readonly (readonly [string, number])[]): JsonObject =>
  Object.fromEntries(counts.filter(([, count]) => count > 0))

async function addCounts(connection: DuckDBConnection, query: string, to: number[]): Promise<void> {
  const reader = await connection.runAndReadAll(query)
  const counts = reader.getRowsJson()[0]?.[0]
  if (Array.isArray(counts)) for (const [at, count] of counts.entries()) to[at] = (to[at] ?? 0) + Number(count)
}
