import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { sqlName, sqlText } from '../activities/duckdb.ts'
import { copyRows } from '../activities/left-out/copy-rows.ts'
import { writeLeftOut } from '../activities/left-out/write-left-out.ts'
import { sealFile } from '../activities/seal-file.ts'
import { type Contender, runStage, stageConfigs } from './contenders.ts'
import { COLUMNS } from './output-hash.ts'

/** What a guarantee costs when the work for it is done by itself. */
export interface GuaranteeCost {
  readonly guarantee: string
  readonly wallSeconds: number
  readonly cpuSeconds: number
}

/**
 * Does the work of each guarantee by itself, with the code that stages use, over the files of a run. In a run these parts
 * overlap with others, so they do not add up to its time; exact duplicates are the difference of two whole processes.
 */
export async function guaranteeCosts(
  connection: DuckDBConnection,
  project: string,
  ours: Contender,
): Promise<readonly GuaranteeCost[]> {
  const scratch = join(project, 'out-parts')
  const duplicates = await duplicateCost(project)
  await ours.run()
  try {
    await mkdir(scratch)
    const files = await outputFiles(project)
    const copies = files.filter((file) => /clean.*\.parquet$/.test(file))
    const left = files.find((file) => /stage2_filtered_.*\.jsonl$/.test(file)) ?? ''
    // Both tables are in memory before the time counts: how rows are found is not asked here.
    await loadTables(connection, { copies, left })
    return [
      duplicates,
      await timed('every file counted and hashed, the input too', () => sealAll([...files, join(project, 'data/input.csv')])),
      await timed('left-out rows of stage 2 written for people and for programs', () => writeLeft(connection, scratch)),
      await timed("Parquet copy of stage 1 with the place of every row (by DuckDB's writer)", () =>
        writeCopy(connection, scratch),
      ),
    ]
  } finally {
    await rm(scratch, { recursive: true, force: true })
    await ours.clear()
  }
}

async function timed(guarantee: string, work: () => Promise<unknown>): Promise<GuaranteeCost> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { guarantee, wallSeconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 }
}

/** Stage 1 with and without them, in turn. */
async function duplicateCost(project: string): Promise<GuaranteeCost> {
  const [clean] = await stageConfigs()
  const out = join(project, 'out-duplicates')
  const sums = { remove: { wall: 0, cpu: 0 }, keep: { wall: 0, cpu: 0 } }
  const turns = 3
  for (let turn = 0; turn < turns; turn += 1) {
    for (const duplicates of ['remove', 'keep'] as const) {
      const usage = await runStage(project, { module: clean.module, config: { ...clean.config, duplicates }, out })
      sums[duplicates].wall += usage.wallSeconds / turns
      sums[duplicates].cpu += usage.cpuSeconds / turns
      await rm(out, { recursive: true, force: true })
    }
  }
  const { remove, keep } = sums
  return {
    guarantee: 'exact duplicates found and named (mean of 3, with and without)',
    wallSeconds: remove.wall - keep.wall,
    cpuSeconds: remove.cpu - keep.cpu,
  }
}

/** The committed files, each once: what people see are links to them. */
async function outputFiles(project: string): Promise<readonly string[]> {
  const [run = ''] = await readdir(join(project, 'data', 'output'))
  const attempts = join(project, 'data', 'output', run, '.onclock', 'attempts')
  const entries = await readdir(attempts, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

async function sealAll(files: readonly string[]): Promise<void> {
  for (const file of files) await sealFile(file, file.endsWith('.csv') ? 'csv' : file.endsWith('.jsonl') ? 'jsonl' : 'other')
}

async function loadTables(
  connection: DuckDBConnection,
  { copies, left }: { readonly copies: readonly string[]; readonly left: string },
): Promise<void> {
  const cells = `STRUCT(${COLUMNS.map((name) => `${sqlName(name)} VARCHAR`).join(', ')})`
  const types = {
    file: 'VARCHAR',
    record: 'BIGINT',
    line: 'BIGINT',
    byte: 'BIGINT',
    cells,
    violations: 'STRUCT(rule VARCHAR, "column" VARCHAR, value VARCHAR, message VARCHAR)[]',
  }
  const typed = Object.entries(types).map(([name, type]) => `${sqlName(name)}: ${sqlText(type)}`)
  await connection.run(`CREATE OR REPLACE TEMP TABLE left_rows AS
    SELECT unnest(cells), file AS __file, record AS __record, line AS __line, byte AS __byte, NULL::VARCHAR AS __raw, violations AS __violations
    FROM read_json(${sqlText(left)}, format = 'newline_delimited', columns = {${typed.join(', ')}})`)
  const list = copies.map(sqlText).join(', ')
  await connection.run(`CREATE OR REPLACE TEMP TABLE copied_rows AS FROM read_parquet([${list}])`)
}

async function writeLeft(connection: DuckDBConnection, scratch: string): Promise<void> {
  const context = { outDir: scratch, runId: '20260101_000000', stageNumber: 2 }
  await writeLeftOut(connection, { kind: 'filtered', query: 'FROM left_rows', columns: COLUMNS, context })
}

function writeCopy(connection: DuckDBConnection, scratch: string): Promise<void> {
  return copyRows(connection, { query: 'FROM copied_rows', path: join(scratch, 'copy.parquet'), format: 'parquet' })
}
