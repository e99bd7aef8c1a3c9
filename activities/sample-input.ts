import { join, resolve } from 'node:path'
import type { JsonObject, JsonValue } from '../pipeline/json.ts'
import type { Dialect } from './csv/dialect.ts'
import { openInputFiles, type SourceFile } from './csv/input-files.ts'
import { shownPath } from './csv/load-csv.ts'
import { type CsvSample, sampleCsv } from './csv/sample-csv.ts'
import type { TakeInputCsvConfig } from './stages/take-input-csv/config.ts'
import { dialectRecord, pinsOf } from './stages/take-input-csv/describe-dialect.ts'
import { expectedColumns } from './stages/take-input-csv/match-columns.ts'

/** The beginnings of the files of an input, and a config that works on them. */
export interface SampledInput {
  readonly config: JsonObject
  readonly sample: { readonly file: string; readonly records: number; readonly whole: boolean }
  /** Paths of the samples, and the files they stand for. */
  readonly samples: ReadonlyMap<string, string>
}

export interface SampleRequest {
  readonly projectDir: string
  readonly folder: string
  /** Of each file. */
  readonly records: number
}

/** Writes the beginning of the file that a stage reads, as it is. */
export async function sampleFile(config: JsonObject, written: string, request: SampleRequest): Promise<SampledInput> {
  const path = resolve(request.projectDir, written)
  const file = { path, shown: shownPath(path, request.projectDir) }
  const { sampled } = await sampleOf(file, join(request.folder, 'sample.csv'), null, request)
  const samples = new Map([[sampled.to, file.shown]])
  return { config: { ...config, input_file: sampled.to }, sample: { file: file.shown, ...facts([sampled]) }, samples }
}

/** Writes the beginnings of the files that an intake reads, and pins in its config how the whole files are read. */
export async function sampleIntake(
  config: JsonObject,
  intake: TakeInputCsvConfig,
  request: SampleRequest,
): Promise<SampledInput> {
  const written = intake.input_file ?? []
  const files = await openInputFiles(written, request.projectDir, intake.member)
  const taken: { readonly file: SourceFile; readonly sampled: Sampled }[] = []
  for (const [at, file] of files.entries()) {
    const to = join(request.folder, files.length === 1 ? 'sample.csv' : `sample-${at + 1}.csv`)
    taken.push(await sampleOf(file, to, intake, request))
  }
  const sampled = taken.map((one) => one.sampled)
  const { whole, records } = facts(sampled)
  const paths = sampled.map(({ to }) => to)
  const inputFile: JsonValue = paths.length === 1 ? (paths[0] ?? '') : paths
  return {
    config: {
      ...(intake.strict ? {} : commonPins(sampled)),
      ...config,
      // A sample ends where no footer is.
      ...(whole ? {} : { skip_footer: 0 }),
      input_file: inputFile,
    },
    sample: { file: files.length === 1 ? files[0].shown : [written].flat().join(', '), records, whole },
    samples: new Map(taken.map((one) => [one.sampled.to, one.file.shown])),
  }
}

interface Sampled extends CsvSample {
  readonly to: string
}

async function sampleOf(
  file: SourceFile,
  to: string,
  intake: TakeInputCsvConfig | null,
  { records }: SampleRequest,
): Promise<{ readonly file: SourceFile; readonly sampled: Sampled }> {
  const pins = intake === null ? {} : pinsOf(intake)
  const expected = intake === null ? [] : expectedColumns(intake)
  return { file, sampled: { ...(await sampleCsv({ ...file, pins, expectedColumns: expected, records, to })), to } }
}

function facts(sampled: readonly Sampled[]): { readonly records: number; readonly whole: boolean } {
  return { records: sampled.reduce((sum, { records }) => sum + records, 0), whole: sampled.every(({ whole }) => whole) }
}

function commonPins([first, ...others]: readonly Sampled[]): JsonObject {
  if (first === undefined) return {}
  const pins = pinsFrom(first.dialect)
  return others.every(({ dialect }) => JSON.stringify(pinsFrom(dialect)) === JSON.stringify(pins)) ? pins : {}
}

/** How the whole file is read, for the config of a sample. An encoding may be corrected further down, so it stays open. */
function pinsFrom(dialect: Dialect): JsonObject {
  const { encoding: _encoding, quote, escape, comment, ...pins } = dialectRecord(dialect)
  return {
    ...pins,
    quote: quote ?? 'none',
    ...(escape === null || escape === quote ? {} : { escape }),
    ...(comment === null ? {} : { comment }),
  }
}
