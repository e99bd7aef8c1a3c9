import type { Fault } from '../../pipeline/fault.ts'
import type { CommandContext, CommandResult, View } from '../command.ts'
import { parseSet } from '../project/parse-set.ts'
import { type ReadPipeline, readPipeline } from '../project/open-pipeline.ts'
import { writeEditorSchema } from '../project/editor-schema.ts'
import { counted } from '../views/numbers.ts'

export interface ValidateOptions {
  readonly code: boolean
  readonly set: readonly string[]
}

/** Checks pipelines and lists every fault; exit code 2 when there is one. */
export async function validate(
  context: CommandContext,
  named: readonly string[],
  options: ValidateOptions,
): Promise<CommandResult> {
  const set = parseSet(options.set)
  const read: ReadPipeline[] = []
  for (const name of named.length === 0 ? [undefined] : named)
    read.push(await readPipeline(context, name, { code: options.code, set }))
  if (options.code) await writeEditorSchema(context.projectDir)
  const valid = read.every(isValid)
  return {
    exit: valid ? 0 : 2,
    json: read.map((pipeline) => ({ file: pipeline.file, ok: isValid(pipeline), faults: pipeline.faults })),
    text: (page) => read.map((pipeline) => viewOf(pipeline)(page)).join('\n\n'),
  }
}

/** A parameter that has to be set when the pipeline is run makes no pipeline wrong. */
function isValid({ faults }: ReadPipeline): boolean {
  return faults.every((fault) => fault.severity === 'warning' || isToBeSet(fault))
}

function isToBeSet(fault: Fault): boolean {
  return fault.code === 'missing_param'
}

function viewOf(read: ReadPipeline): View {
  return (page) => {
    if (!isValid(read)) return read.faultsView(page)
    const { parsed } = read
    const toSet = read.faults.filter(isToBeSet).map((fault) => /"(.+?)"/.exec(fault.message)?.[1] ?? '')
    const stages = parsed.ok ? `, ${counted(parsed.pipeline.stages.filter((stage) => stage.enabled).length, 'stage')}` : ''
    const needs = toSet.length === 0 ? '' : `; run it with ${toSet.map((name) => `--set ${name}=…`).join(' ')}`
    const line = `${page.colours.green('✔')} ${read.file} is valid${stages}${needs}`
    return read.faults.length === 0 || toSet.length > 0 ? line : `${read.faultsView(page)}\n\n${line}`
  }
}
