import { columnLines, pinLines, scalar } from './columns-text.ts'
import type { FittedColumn, FittedInput } from './fit-columns.ts'

/** What `config/main.yaml` of a new project is made from. */
export interface PipelineFacts {
  readonly name: string
  /** As it is written into the file. */
  readonly inputFile: string
  readonly fitted: FittedInput
}

/** A pipeline of two stages, fitted to a file: its columns, how it is read, a rule to begin with. Valid as it stands. */
export function pipelineText({ name, inputFile, fitted }: PipelineFacts): string {
  const { columns, sampled } = fitted
  const first = columns.find((column) => column.type === 'id') ?? longestText(columns) ?? columns[0]
  return `# yaml-language-server: $schema=../.onclock/pipeline.schema.json
pipeline:
  name: ${scalar(name)}
  params:
    input_file: {type: path, default: ${scalar(inputFile)}}   # another file: onclock run --set input_file=…
  stages:
    - name: 01_intake
      module: take_input_csv
      config:
        input_file: \${params.input_file}
        output_file: data/stage1_output.csv
${pins(fitted)
  .map((line) => `        ${line}\n`)
  .join('')}        # What a good row looks like; columns not named pass through as text.
        # Types are guesses from ${sampled === 1 ? 'one record' : `${sampled.toLocaleString('en-US')} records`}. Also: required, clean, min, max, in, matches, … (onclock stage show take_input_csv)
        columns:
${columnLines(columns, 'careful')
  .map((line) => `          ${line}\n`)
  .join('')}        budget: {warn: 1%, fail: 10%}          # of the rows read; above fail the run stops
    - name: 02_rules
      module: rule_based_filtering
      input: 01_intake
      config:
        output_file: data/stage2_output.csv
        rules:                                 # a rule says what a good row looks like; the first that stops a row owns it
          - {id: ${ruleId(first)}, column: ${scalar(first?.name ?? 'column1')}, required: true}
${ideas(columns)
  .map((line) => `          # ${line}\n`)
  .join('')}`
}

function pins(fitted: FittedInput): string[] {
  const own = pinLines(fitted, 'unusual')
  return own.length === 0 ? [] : ['# How the file is read, as it was found out; pinned, so that a guess cannot change.', ...own]
}

/** Rules that may suit the columns, as comments. */
function ideas(columns: readonly FittedColumn[]): string[] {
  const number = columns.find(
    (column) => /^(?:integer|decimal)$/.test(column.type) && !/^(?:#|index|row|n[or]|id)$/i.test(column.name),
  )
  const id = columns.find((column) => column.type === 'id')
  const text = longestText(columns)
  return [
    ...(number === undefined ? [] : [`- {id: enough, column: ${scalar(number.name)}, min: 1}`]),
    ...(text === undefined
      ? []
      : [`- {id: no-promotion, column: ${scalar(text.name)}, as: [lower], not_contains: [promo code, click here]}`]),
    ...(id === undefined ? [] : [`- {id: first-of-its-id, unique: {by: [${scalar(id.name)}], keep: first}}`]),
  ]
}

function longestText(columns: readonly FittedColumn[]): FittedColumn | undefined {
  return columns.filter((column) => column.type === 'text').sort((a, b) => b.length - a.length)[0]
}

function ruleId(column: FittedColumn | undefined): string {
  const name = (column?.name ?? 'column1')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  return `has-${name || 'value'}`
}
