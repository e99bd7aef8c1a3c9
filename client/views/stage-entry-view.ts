import { describeRows } from '../../pipeline/describe-rows.ts'
import { formatDuration } from '../../pipeline/duration.ts'
import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import type { StageEntry } from '../../pipeline/record.ts'
import type { View } from '../command.ts'
import { topReasons } from '../project/top-reasons.ts'
import { checkLines } from './check-lines.ts'
import { bytes, count, counted } from './numbers.ts'
import type { Page } from './page.ts'
import { statusWords } from './status-words.ts'

/** One stage of one run: everything its record and its metadata say. */
export function stageEntryView(runId: string, stage: StageEntry, metadata: JsonObject | null, directory: string): View {
  return (page) => {
    const { colours } = page
    const { sign, words, colour } = statusWords(stage.status, colours)
    const took = stage.duration_ms === null ? '' : ` in ${formatDuration(stage.duration_ms)}`
    const attempts = stage.attempts > 1 ? `, ${stage.attempts} attempts` : ''
    const blocks = [
      [
        `${colour(sign)} ${colours.bold(stage.name)} · ${stage.module} · run ${runId} · ${colour(words)}${took}${attempts}`,
        ...(stage.reason === null ? [] : [`  ${stage.reason}`]),
        ...errorOf(stage, page),
        stage.rows === null ? colours.dim('  rows not accounted') : `  ${describeRows(stage.rows)}`,
      ],
      reasonLines(metadata ?? {}, page),
      checkBlock(metadata ?? {}, page),
      stage.warnings.length === 0
        ? []
        : [colours.dim('warnings'), ...stage.warnings.map((warning) => `  ${colours.yellow('!')} ${warning}`)],
      stage.inputs.length === 0
        ? []
        : [
            colours.dim('read'),
            ...stage.inputs.map(
              (file) => `  ${file.path}  ${bytes(file.bytes)}  ${colours.dim(`sha256 ${file.sha256.slice(0, 12)}`)}`,
            ),
          ],
      stage.outputs.length === 0
        ? []
        : [
            colours.dim(`wrote into ${directory}/`),
            ...stage.outputs.map(
              (file) =>
                `  ${file.path}  ${file.rows === null ? '' : `${counted(file.rows, 'row')}  `}${bytes(file.bytes)}  ${colours.dim(`sha256 ${file.sha256.slice(0, 12)}`)}`,
            ),
          ],
      factLines(metadata ?? {}, page),
    ]
    return blocks
      .filter((block) => block.length > 0)
      .map((block) => block.join('\n'))
      .join('\n\n')
  }
}

function errorOf(stage: StageEntry, { colours }: Page): string[] {
  if (stage.error === null) return []
  const { code, message, hint } = stage.error
  return [
    `  ${colours.red('✖')} ${colours.bold(code)}  ${message}`,
    ...(hint === undefined ? [] : [`    ${colours.cyan('→')} ${hint}`]),
  ]
}

function reasonLines(metadata: JsonObject, { colours }: Page): string[] {
  const reasons = topReasons(metadata)
  if (reasons.length === 0) return []
  const widest = Math.max(...reasons.map((reason) => count(reason.rows).length))
  return [
    colours.dim('left out, by rule'),
    ...reasons.map(
      (reason) =>
        `  ${count(reason.rows).padStart(widest)}  ${reason.rule}${reason.what === '' ? '' : colours.dim(`  ${reason.what}`)}`,
    ),
  ]
}

function checkBlock(metadata: JsonObject, page: Page): string[] {
  const lines = checkLines(metadata, page)
  return lines.length === 0 ? [] : [page.colours.dim('checks of the output'), ...lines]
}

/** What the record says already, or what is shown as reasons. */
const SHOWN = new Set(
  'schema_version run_id stage module started_at ended_at attempt rows inputs outputs warnings rejected_by_rule filtered_by_rule rules checks'.split(
    ' ',
  ),
)

function factLines(metadata: JsonObject, { colours }: Page): string[] {
  const facts = Object.entries(metadata).filter(([key]) => !SHOWN.has(key))
  if (facts.length === 0) return []
  const widest = Math.max(...facts.map(([key]) => key.length))
  const lead = `\n${' '.repeat(widest + 4)}`
  return [
    colours.dim('also'),
    ...facts.map(([key, value]) => `  ${key.padEnd(widest)}  ${factText(value).replaceAll('\n', lead)}`),
  ]
}

/** A fact without the signs of JSON; each entry of a list of things stands on a line. */
function factText(value: JsonValue): string {
  if (Array.isArray(value)) return value.map(factText).join(value.every((item) => typeof item === 'object') ? '\n' : ', ')
  if (typeof value !== 'object' || value === null) return String(value).trimEnd()
  const entries = Object.entries(value).map(
    ([key, item]) => `${key} ${typeof item === 'string' && /^\W$/.test(item) ? JSON.stringify(item) : factText(item)}`,
  )
  return entries.length === 0 ? 'none' : entries.join(', ')
}
