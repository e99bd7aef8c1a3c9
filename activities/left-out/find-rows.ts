import type { DuckDBConnection } from '@duckdb/node-api'
import { sqlText } from '../duckdb.ts'
import type { StageRows } from '../store/stage-rows.ts'
import { type LeftOutRow, parseLeftOut } from './read-left-out.ts'
import { leftOutSource, outputSource, type RowSource } from './row-sources.ts'
import type { LeftOutKind } from './write-left-out.ts'

/** What is looked for: a column and its text, and how many rows are followed. */
export interface RowQuestion {
  readonly column: string
  readonly value: string
  readonly limit: number
}

export interface FoundRows {
  /** All columns that were seen, in the order of the stages. */
  readonly columns: readonly string[]
  /** Rows that have the value in some stage; only the first `limit` are followed. */
  readonly matches: number
  readonly rows: readonly RowTrace[]
  /** By stage: what of it was looked through. */
  readonly searched: readonly { readonly stage: string; readonly files: readonly (LeftOutKind | 'output')[] }[]
}

/** A row on its way through the stages. */
export interface RowTrace {
  readonly file: string
  readonly record: number
  readonly line: number | null
  readonly byte: number | null
  readonly stages: readonly StageOutcome[]
}

export type StageOutcome =
  | { readonly stage: string; readonly outcome: 'kept' }
  | { readonly stage: string; readonly outcome: LeftOutKind; readonly row: LeftOutRow }
  /** It reached the stage. `not_finished`: which has no output. `not_found`: which has it in none of its files. */
  | { readonly stage: string; readonly outcome: 'not_finished' | 'not_found' }

interface SearchedStage {
  readonly stage: StageRows
  readonly leftOut: readonly { readonly kind: LeftOutKind; readonly source: RowSource }[]
  readonly output: RowSource | null
}

/** Follows the rows that have a text in a column through every stage of a run, by their places in the source. */
export async function findRows(
  connection: DuckDBConnection,
  stages: readonly StageRows[],
  question: RowQuestion,
): Promise<FoundRows> {
  const searched: SearchedStage[] = []
  for (const stage of stages) searched.push(await open(connection, stage))
  const sources = searched.flatMap(({ leftOut, output }) => [
    ...leftOut.map(({ source }) => source),
    ...(output === null ? [] : [output]),
  ])
  const { matches, seeds } = await findSeeds(connection, sources, question)
  const traces = seeds.map((seed) => new Trace(seed))
  for (const stage of searched) await follow(connection, stage, traces, question)
  return {
    columns: [...new Set(sources.flatMap(({ columns }) => columns))],
    matches,
    rows: traces.map((trace) => trace.result),
    searched: searched.map(({ stage, leftOut, output }) => ({
      stage: stage.name,
      files: [...leftOut.map(({ kind }) => kind), ...(output === null ? [] : (['output'] as const))],
    })),
  }
}

async function open(connection: DuckDBConnection, stage: StageRows): Promise<SearchedStage> {
  const leftOut: { kind: LeftOutKind; source: RowSource }[] = []
  for (const file of stage.leftOut) leftOut.push({ kind: file.kind, source: await leftOutSource(connection, file) })
  return { stage, leftOut, output: stage.output === null ? null : await outputSource(connection, stage.output) }
}

interface Seed {
  readonly file: string
  readonly record: number
  readonly line: number | null
  readonly byte: number | null
}

/** Where rows with the value stood in the source: each once, however many stages have it. */
async function findSeeds(
  connection: DuckDBConnection,
  sources: readonly RowSource[],
  { column, value, limit }: RowQuestion,
): Promise<{ matches: number; seeds: Seed[] }> {
  if (sources.length === 0) return { matches: 0, seeds: [] }
  const parts = sources.map(
    ({ from, has }) =>
      `SELECT __file, __record, __line, __byte FROM ${from} WHERE ${has(column, value)} AND __record IS NOT NULL`,
  )
  // A stage that keeps no places names rows by the file it read, which another stage wrote: the same rows under other names.
  const derived = [...new Set(sources.map(({ csvName }) => csvName))].map(sqlText).join(', ')
  await connection.run(`CREATE OR REPLACE TEMP TABLE found AS
    SELECT __file, __record, min(__line) AS __line, min(__byte) AS __byte, __file IN (${derived}) AS __derived
    FROM (${parts.join(' UNION ALL ')}) GROUP BY __file, __record`)
  const counted = await connection.runAndReadAll('SELECT count(*) FILTER (NOT __derived), count(*) FROM found')
  const [original = 0, all = 0] = (counted.getRows()[0] ?? []).map(Number)
  const condition = original > 0 ? 'NOT __derived' : 'TRUE'
  const reader = await connection.runAndReadAll(
    `SELECT __file, __record, __line, __byte FROM found WHERE ${condition} ORDER BY __file, __record LIMIT ${limit}`,
  )
  const number = (cell: unknown): number | null => (cell === null ? null : Number(cell))
  const seeds = reader.getRows().map(([file, record, line, byte]) => ({
    file: String(file),
    record: Number(record),
    line: number(line),
    byte: number(byte),
  }))
  return { matches: original > 0 ? original : all, seeds }
}

/** One row, and the names that its place has in the stages so far. */
class Trace {
  readonly #seed: Seed
  readonly #stages: StageOutcome[] = []
  readonly places: { file: string; record: number }[]

  constructor(seed: Seed) {
    this.#seed = seed
    this.places = [{ file: seed.file, record: seed.record }]
  }

  get result(): RowTrace {
    return { ...this.#seed, stages: this.#stages }
  }

  get stopped(): boolean {
    return this.#stages.some(({ outcome }) => outcome !== 'kept')
  }

  is(file: string, record: number): boolean {
    return this.places.some((place) => place.file === file && place.record === record)
  }

  add(outcome: StageOutcome, place: { file: string; record: number }): void {
    this.#stages.push(outcome)
    this.places.push(place)
  }

  /** The stage works on something that the row is in, and has nothing of it. */
  lose(stage: StageRows): void {
    const isIn = new Set(this.#stages.map(({ stage: name, outcome }) => `${name}.${outcome === 'kept' ? 'output' : outcome}`))
    if (stage.takes.some((input) => isIn.has(`${input.stage}.${input.dataset}`)))
      this.#stages.push({ stage: stage.name, outcome: stage.committed ? 'not_found' : 'not_finished' })
  }
}

async function follow(
  connection: DuckDBConnection,
  { stage, leftOut, output }: SearchedStage,
  traces: readonly Trace[],
  question: RowQuestion,
): Promise<void> {
  const met = new Set<Trace>()
  const meet = (trace: Trace | undefined, outcome: StageOutcome, place: { file: string; record: number }): void => {
    if (trace === undefined || met.has(trace)) return
    met.add(trace)
    trace.add(outcome, place)
  }
  for (const { kind, source } of leftOut)
    for (const { file, record, alias, json } of await at(connection, source, traces)) {
      const row = parseLeftOut(json ?? '', `a line of ${kind} of stage ${stage.name}`)
      const trace = traces.find((candidate) => candidate.is(file, record))
      meet(trace, { stage: stage.name, outcome: kind, row }, { file: source.csvName, record: alias })
    }
  if (output?.places === true)
    for (const { file, record, alias } of await at(connection, output, traces)) {
      const trace = traces.find((candidate) => candidate.is(file, record))
      meet(trace, { stage: stage.name, outcome: 'kept' }, { file: output.csvName, record: alias })
    }
  const [only] = traces
  if (output?.places === false && only !== undefined && traces.length === 1 && !only.stopped) {
    // One row alone can be told by its value where nothing tells its place.
    const [found] = await select(connection, output, `${output.has(question.column, question.value)} LIMIT 1`)
    if (found !== undefined) meet(only, { stage: stage.name, outcome: 'kept' }, { file: output.csvName, record: found.alias })
  }
  for (const trace of traces) if (!met.has(trace)) trace.lose(stage)
}

interface FoundPlace {
  readonly file: string
  readonly record: number
  readonly alias: number
  readonly json: string | null
}

/** The rows of a file that stand where one of these rows stands. */
async function at(connection: DuckDBConnection, source: RowSource, traces: readonly Trace[]): Promise<FoundPlace[]> {
  const places = traces.flatMap((trace) => trace.places)
  if (places.length === 0) return []
  const conditions = places.map(({ file, record }) => `(__file = ${sqlText(file)} AND __record = ${record})`)
  return select(connection, source, conditions.join(' OR '))
}

async function select(connection: DuckDBConnection, { from }: RowSource, condition: string): Promise<FoundPlace[]> {
  const reader = await connection.runAndReadAll(`SELECT __file, __record, __alias, __json FROM ${from} WHERE ${condition}`)
  return reader.getRows().map(([file, record, alias, json]) => ({
    file: String(file),
    record: Number(record),
    alias: Number(alias),
    json: json === null || json === undefined ? null : String(json),
  }))
}
