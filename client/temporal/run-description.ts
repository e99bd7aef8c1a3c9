import type { JsonValue } from '../../pipeline/json.ts'

/** What the Temporal UI tells of a run besides what happens in it. */
export interface RunFacts {
  readonly runId: string
  readonly pipeline: string
  readonly description: string | null
  readonly pipelineFile: string
  readonly params: { readonly [name: string]: JsonValue }
  readonly stages: readonly string[]
  readonly mode: 'run' | 'resume'
  /** The run whose unchanged stages it takes over. */
  readonly reuses?: string
  /** Of onclock. */
  readonly version: string
}

const MOST_STAGES = 20
const MOST_CHARACTERS = 200

/** The run in one line of Markdown. */
export function runSummaryLine({ pipeline, runId, mode }: RunFacts): string {
  return `**${plain(pipeline)}** · run \`${runId}\`${mode === 'resume' ? ' · resumed' : ''}`
}

/** The run in Markdown: which pipeline, with what, and how to watch and resume it. Holds no cell value. */
export function runDescription(facts: RunFacts): string {
  const params = Object.entries(facts.params)
  const stages = facts.stages.slice(0, MOST_STAGES).map((name) => `\`${name}\``)
  const more = facts.stages.length > MOST_STAGES ? ` … and ${facts.stages.length - MOST_STAGES} more` : ''
  return [
    ...(facts.description === null ? [] : [plain(facts.description), '']),
    `| | |`,
    `|---|---|`,
    `| pipeline | **${plain(facts.pipeline)}** |`,
    `| file | \`${facts.pipelineFile}\` |`,
    `| stages | ${stages.join(' → ')}${more} |`,
    ...(facts.reuses === undefined ? [] : [`| reuses | what is unchanged of run \`${facts.reuses}\` |`]),
    ...params.map(([name, value]) => `| ${plain(name)} | \`${code(value)}\` |`),
    '',
    `Watch it: \`onclock watch ${facts.runId}\` · what came out: \`onclock show ${facts.runId}\` · after a failure: \`onclock resume ${facts.runId}\``,
  ].join('\n')
}

function plain(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function code(value: JsonValue): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const short = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
  return plain(short).replaceAll('`', "'")
}
