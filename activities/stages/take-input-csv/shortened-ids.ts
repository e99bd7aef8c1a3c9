import type { DuckDBConnection } from '@duckdb/node-api'
import type { JsonObject } from '../../../pipeline/json.ts'
import type { IntakeColumn } from './intake-columns.ts'

/** A spreadsheet writes numbers of more than eleven digits so: `7.5E+18`. */
const SHORTENED = String.raw`[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}`
/** Names of columns whose numbers name something, where no type is given. */
const NAMES = /(?:^|[\s_.#-])(?:ids?|uuid|key|code|ean|gtin|upc|isbn|iban|barcode|sku|phone|account)$|[a-z]I[dD]$|^#$/i

/** Counts the IDs that a spreadsheet has shortened before: their digits are lost, and no check of form finds that. */
export class ShortenedIds {
  readonly #columns: readonly IntakeColumn[]
  readonly #counts: number[]

  constructor(columns: readonly IntakeColumn[]) {
    this.#columns = columns.filter(({ name, type }) => type === 'id' || ((type === null || type === 'text') && NAMES.test(name)))
    this.#counts = this.#columns.map(() => 0)
  }

  /** The names of the columns that are looked at. */
  get columns(): ReadonlySet<string> {
    return new Set(this.#columns.map(({ name }) => name))
  }

  /** Looks through the cleaned cells of a slice. */
  async count(connection: DuckDBConnection, table: string): Promise<void> {
    if (this.#columns.length === 0) return
    // Looking for two characters is cheap; the form is looked at where they are.
    const counts = this.#columns.map(
      ({ text }) =>
        `count(CASE WHEN contains(${text}, 'E+') OR contains(${text}, 'e+') THEN nullif(regexp_full_match(${text}, '${SHORTENED}'), false) END)`,
    )
    const reader = await connection.runAndReadAll(`SELECT ${counts.join(', ')} FROM ${table}`)
    for (const [at, found] of (reader.getRows()[0] ?? []).entries()) this.#counts[at] = (this.#counts[at] ?? 0) + Number(found)
  }

  /** `shortened_ids` of the metadata: by column, how many; nothing where there are none. */
  get summary(): JsonObject {
    const found = this.#found()
    return found.length === 0 ? {} : { shortened_ids: Object.fromEntries(found.map(({ name, count }) => [name, count])) }
  }

  get warnings(): readonly string[] {
    return this.#found().map(
      ({ name, count }) =>
        `column ${name}: ${count} ${count === 1 ? 'ID was' : 'IDs were'} shortened by a spreadsheet before (as 7.5E+18 is): their digits are lost. Export the file again with this column as text`,
    )
  }

  #found(): readonly { readonly name: string; readonly count: number }[] {
    return this.#columns.flatMap(({ name }, at) => {
      const count = this.#counts[at] ?? 0
      return count === 0 ? [] : [{ name, count }]
    })
  }
}
