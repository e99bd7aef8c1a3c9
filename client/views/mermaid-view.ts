import type { Pipeline, Stage } from '../../pipeline/pipeline.ts'
import type { View } from '../command.ts'
import { graphEdges } from './graph-edges.ts'

/** The stages as a Mermaid flowchart, as GitHub and most editors draw it. A dotted arrow only waits; rows take the others. */
export function mermaidView(pipeline: Pipeline): View {
  return () => {
    const ids = new Map(pipeline.stages.map((stage) => [stage.name, `s${stage.number}`]))
    const edges = graphEdges(pipeline).map(({ from, to, datasets }) => {
      const named = datasets.filter((dataset) => dataset !== 'output')
      const label = named.length === 0 ? '' : `|${escape(named.join(', '))}|`
      return `  ${ids.get(from) ?? ''} ${datasets.length === 0 ? '-.->' : '-->'}${label} ${ids.get(to) ?? ''}`
    })
    const disabled = pipeline.stages.filter((stage) => !stage.enabled).map((stage) => ids.get(stage.name) ?? '')
    return [
      'flowchart LR',
      ...pipeline.stages.map((stage) => `  ${ids.get(stage.name) ?? ''}["${label(stage)}"]`),
      ...edges,
      ...(disabled.length === 0
        ? []
        : ['  classDef disabled stroke-dasharray: 4 4,opacity: 0.6', `  class ${disabled.join(',')} disabled`]),
    ].join('\n')
  }
}

function label(stage: Stage): string {
  return `${escape(stage.name)}<br/><small>${escape(stage.kind === 'command' ? 'command' : stage.module)}</small>`
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('|', '&#124;')
}
