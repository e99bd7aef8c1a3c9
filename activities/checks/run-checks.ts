import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import { loadDataset } from '../load-dataset.ts'
import type { ProducedFile, StageContext } from '../stage.ts'
import type { CheckSpec } from './check-schema.ts'
import { type Baseline, judgeCheck, type JudgedCheck, valueOf } from './judge-check.ts'
import { type CheckedRows, type Measured, measureChecks, type Measuring } from './measure-checks.ts'

/** An output as written, and what its checks may compare it with. */
export interface CheckedOutput {
  readonly checks: readonly CheckSpec[]
  readonly outputs: readonly ProducedFile[]
  /** The rows the stage worked on; null where only their number is known. */
  readonly input: CheckedRows | null
  /** Records of the input, those that could not be split included. */
  readonly records: number
}

/** What the checks of an output found. */
export interface CheckReport {
  readonly warnings: readonly string[]
  /** `checks` of the stage's metadata; nothing where the config has none. */
  readonly metadata: JsonObject
}

/**
 * Measures the output as it was written and holds every check against it. Throws CHECK_FAILED with all checks that fail, and
 * keeps the output by the name `stage<number>_failed_<run ID>`, since it does not become the output of the stage.
 */
export async function runChecks(
  output: CheckedOutput,
  context: StageContext,
  measuring: Omit<Measuring, 'now' | 'projectDir'>,
): Promise<CheckReport> {
  const { checks } = output
  if (checks.length === 0) return { warnings: [], metadata: {} }
  context.progress({ doing: 'checking the output' })
  const measured = await measure(output, context, { ...measuring, now: context.now, projectDir: context.projectDir })
  const judged: JudgedCheck[] = []
  for (const [index, check] of checks.entries()) {
    const found = measured[index] ?? NOTHING
    judged.push(judgeCheck(check, found, await baselineOf(check, found, context), context.now))
  }
  const failed = judged.filter(({ status }) => status === 'fail')
  if (failed.length > 0) throw await checkFailed(failed, output.outputs, context)
  return {
    warnings: [
      ...judged.filter(({ status }) => status === 'warn').map(({ words }) => words),
      ...checks.flatMap(unreadWarning(measured)),
    ],
    metadata: { checks: judged.map(({ entry }) => entry) },
  }
}

const NOTHING: Measured = { unit: 'number', value: null, total: null, unread: 0 }

async function measure(output: CheckedOutput, context: StageContext, measuring: Measuring): Promise<readonly Measured[]> {
  const { checks, input, records } = output
  const own = { stage: context.stage, dataset: 'output', files: filesOf(output.outputs, context.outDir) }
  const written = await loadDataset(
    measuring.connection,
    { ...context, inputs: { input: own } },
    { inputFile: undefined, name: 'checks' },
  )
  try {
    const measured = await measureChecks(
      checks.map(({ of: _of, ...check }) => check),
      written,
      measuring,
    )
    const compared = checks.filter(
      ({ of, measure: name, where }) => of !== undefined && !(name === 'rows' && where === undefined),
    )
    const before =
      input === null
        ? []
        : await measureChecks(
            compared.map(({ of: _of, ...check }) => check),
            input,
            measuring,
          )
    return measured.map((found, index) => {
      const check = checks[index]
      if (check?.of === undefined) return found
      const total = compared.includes(check) ? (before[compared.indexOf(check)]?.value ?? null) : records
      return { ...found, unit: 'share', total }
    })
  } finally {
    await written.discard()
  }
}

const filesOf = (outputs: readonly ProducedFile[], outDir: string) =>
  outputs
    .filter(({ dataset }) => dataset === 'output')
    .map(({ file, publicName, ...rest }) => ({
      ...rest,
      path: join(outDir, file),
      public_name: publicName ?? '',
      bytes: rest.seal?.bytes ?? 0,
      sha256: rest.seal?.sha256 ?? '',
    }))

/** What `against` comes to; of a run that comes first there is nothing to compare with, and the log says so. */
async function baselineOf(check: CheckSpec, found: Measured, context: StageContext): Promise<Baseline | null> {
  if (check.against === undefined) return null
  const wanted = Number(/\d+/.exec(check.against)?.[0] ?? 1)
  const earlier = (await context.earlier?.(wanted)) ?? []
  const values = earlier.flatMap((metadata) => earlierValue(metadata, check))
  if (values.length === 0) {
    context.log.info(`check "${check.id}": no completed run before this one has a value to compare with`)
    return { value: null, runs: 0 }
  }
  const value = check.against.startsWith('mean') ? values.reduce((sum, one) => sum + one, 0) / values.length : median(values)
  return valueOf(found) === null ? { value: null, runs: values.length } : { value, runs: values.length }
}

function earlierValue({ checks }: JsonObject, { id, measure: name, column, of }: CheckSpec): number[] {
  const entries = Array.isArray(checks) ? (checks as readonly JsonValue[]) : []
  return entries.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return []
    const { value, ...said } = entry as JsonObject
    const same = said['id'] === id && said['measure'] === name && said['column'] === column && said['of'] === of
    const moment = typeof value === 'string' ? Date.parse(value) : value
    return same && typeof moment === 'number' ? [moment] : []
  })
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low = 0, high = low] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  return (low + high) / 2
}

const unreadWarning =
  (measured: readonly Measured[]) =>
  ({ id, column }: CheckSpec, index: number): string[] => {
    const unread = measured[index]?.unread ?? 0
    if (unread === 0) return []
    return [
      `check "${id}": ${unread} ${unread === 1 ? 'value' : 'values'} of "${column}" cannot be read and ${unread === 1 ? 'is' : 'are'} not measured`,
    ]
  }

async function checkFailed(
  failed: readonly JudgedCheck[],
  outputs: readonly ProducedFile[],
  { outDir, stageNumber, runId }: StageContext,
): Promise<OnclockError> {
  const shown = outputs.find(({ dataset, publicName }) => dataset === 'output' && publicName !== undefined)
  const kept = `stage${stageNumber}_failed_${runId}.${shown?.format ?? 'csv'}`
  if (shown !== undefined) await rename(join(outDir, shown.file), join(outDir, kept))
  return new OnclockError('CHECK_FAILED', failed.map(({ words }) => words).join('; '), {
    hint: `The output that fails is in ${kept}. Mend the input or the rules, or change the limits of the check.`,
  })
}
