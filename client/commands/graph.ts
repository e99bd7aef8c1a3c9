import type { CommandContext, CommandResult } from '../command.ts'
import { openPipeline } from '../project/open-pipeline.ts'
import { parseSet } from '../project/parse-set.ts'
import { graphEdges } from '../views/graph-edges.ts'
import { mermaidView } from '../views/mermaid-view.ts'
import { treeView } from '../views/tree-view.ts'

export interface GraphOptions {
  readonly format: 'text' | 'mermaid'
  readonly set: readonly string[]
}

/** The stages of a pipeline and what each needs, drawn without running anything of the project. */
export async function graph(context: CommandContext, named: string | undefined, options: GraphOptions): Promise<CommandResult> {
  const { file, pipeline } = await openPipeline(context, named, { code: false, set: parseSet(options.set) })
  const stages = pipeline.stages.map(({ name, kind, module, enabled, needs, inputs }) => ({
    name,
    kind,
    module,
    enabled,
    needs,
    inputs,
  }))
  return {
    json: { pipeline: pipeline.name, file, stages, edges: graphEdges(pipeline) },
    text: options.format === 'mermaid' ? mermaidView(pipeline) : treeView(pipeline, file),
  }
}
