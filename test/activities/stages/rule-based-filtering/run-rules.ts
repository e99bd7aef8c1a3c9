import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configIssues } from '../../../../pipeline/config-issues.ts'
import type { ConfigIssue } from '../../../../pipeline/catalog.ts'
import type { JsonObject } from '../../../../pipeline/json.ts'
import { readYaml } from '../../../../pipeline/read-yaml.ts'
import { YamlTree } from '../../../../pipeline/yaml-tree.ts'
import { type Database, openDatabase } from '../../../../activities/duckdb.ts'
import type { BuiltinStage, Dataset, StageContext, StageResult } from '../../../../activities/stage.ts'
import { ruleBasedFiltering } from '../../../../activities/stages/rule-based-filtering/stage.ts'
import { takeInputCsv } from '../../../../activities/stages/take-input-csv/stage.ts'
import { stageContext, type TestContext, write } from '../../../support/stage-project.ts'

/** A project folder with a DuckDB, for the tests of one file. */
export interface RuleProject {
  readonly projectDir: string
  readonly database: Database
  close(): Promise<void>
}

export async function openRuleProject(files: Readonly<Record<string, string>> = {}): Promise<RuleProject> {
  const projectDir = await realpath(await mkdtemp(join(tmpdir(), 'onclock-rules-')))
  write(projectDir, files)
  const database = await openDatabase({ spillDir: join(projectDir, 'spill'), threads: 1 })
  return {
    projectDir,
    database,
    async close() {
      database.close()
      await rm(projectDir, { recursive: true })
    },
  }
}

export interface RuleRun {
  readonly result: StageResult
  readonly context: TestContext
  /** Lines of the output CSV, header first. */
  readonly output: readonly string[]
  /** Rules and rows of the metadata. */
  readonly rules: readonly { id: string; action: string; stopped: number; broken: number; alone: number }[]
  /** The text of a file by its dataset and format. */
  read(dataset: string, format: string): Promise<string>
  /** The output as the next stage is given it. */
  readonly dataset: Dataset
}

/** The config as a pipeline file has it. */
export function configOf(yaml: string): unknown {
  const { document, places, faults } = readYaml(yaml, 'test.yaml')
  if (document === null || faults.length > 0) throw new Error(faults.map(({ message }) => message).join('\n'))
  return new YamlTree(document, places).json([], 'source')
}

/** Everything that validation finds wrong with a config. */
export async function issuesOf(yaml: string, projectDir: string): Promise<readonly ConfigIssue[]> {
  const value = configOf(yaml)
  const parsed = ruleBasedFiltering.schema.safeParse(value)
  if (!parsed.success) {
    const parts = (await ruleBasedFiltering.checkParts?.(value as JsonObject, projectDir)) ?? []
    return [...configIssues(parsed.error, value, ruleBasedFiltering.schema), ...parts]
  }
  return (await ruleBasedFiltering.check?.(parsed.data, projectDir)) ?? []
}

/** Runs the stage on a CSV text (`input.csv` of the project) or on the rows of another stage. */
export async function runRules(
  project: RuleProject,
  yaml: string,
  input: string | Dataset,
  more: Partial<StageContext> = {},
): Promise<RuleRun> {
  const config = { ...(configOf(yaml) as object), ...(typeof input === 'string' ? { input_file: 'input.csv' } : {}) }
  if (typeof input === 'string') write(project.projectDir, { 'input.csv': input })
  return runStage(ruleBasedFiltering, project, config, { ...(typeof input === 'string' ? {} : { inputs: { input } }), ...more })
}

/** Runs intake on a CSV text and gives its output. */
export async function intake(project: RuleProject, yaml: string, csv: string): Promise<Dataset> {
  write(project.projectDir, { 'source.csv': csv })
  const config = { ...(configOf(yaml) as object), input_file: 'source.csv' }
  const run = await runStage(takeInputCsv, project, config, { stage: 'clean', stageNumber: 1 })
  return run.dataset
}

export async function runStage<Config>(
  stage: BuiltinStage<Config>,
  project: RuleProject,
  config: unknown,
  more: Partial<StageContext>,
): Promise<RuleRun> {
  const outDir = await mkdtemp(join(project.projectDir, 'out-'))
  const context = stageContext(project.projectDir, {
    database: () => Promise.resolve(project.database),
    outDir,
    stage: 'rules',
    ...more,
  })
  const result = await stage.run(stage.schema.parse(config), context)
  const fileOf = (dataset: string, format: string): string => {
    const file = result.outputs.find((output) => output.dataset === dataset && output.format === format)
    if (file === undefined) throw new Error(`no ${format} of ${dataset}`)
    return join(context.outDir, file.file)
  }
  const files = result.outputs
    .filter(({ dataset }) => dataset === 'output')
    .map(({ dataset, file, publicName, format, rows }) => ({
      dataset,
      format,
      rows,
      path: join(context.outDir, file),
      public_name: publicName ?? '',
      bytes: 0,
      sha256: '',
    }))
  return {
    result,
    context,
    output: (await readFile(fileOf('output', 'csv'), 'utf8')).trimEnd().split('\n'),
    rules: (result.metadata['rules'] ?? []) as unknown as RuleRun['rules'],
    read: (dataset, format) => readFile(fileOf(dataset, format), 'utf8'),
    dataset: { stage: context.stage, dataset: 'output', files },
  }
}
