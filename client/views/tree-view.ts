import type { Pipeline, Stage } from '../../pipeline/pipeline.ts'
import type { View } from '../command.ts'
import { type GraphEdge, graphEdges } from './graph-edges.ts'
import type { Page } from './page.ts'
import { fit } from './text-width.ts'

/** The stages as a tree: each stands once, below the last of the stages it needs, and names the others. */
export function treeView(pipeline: Pipeline, file: string): View {
  return (page) => {
    const edges = graphEdges(pipeline)
    const parents = new Map(pipeline.stages.map((stage) => [stage.name, parentOf(stage, pipeline)]))
    const childrenOf = (name: string | null): Stage[] => pipeline.stages.filter((stage) => parents.get(stage.name) === name)
    const lines = [`${page.colours.bold(pipeline.name)}  ${page.colours.dim(file)}`]
    const draw = (stage: Stage, lead: string, branch: string): void => {
      lines.push(`${page.colours.dim(branch)}${line(stage, parents.get(stage.name) ?? null, edges, page)}`)
      const children = childrenOf(stage.name)
      for (const [index, child] of children.entries()) {
        const last = index === children.length - 1
        draw(child, `${lead}${last ? '   ' : '│  '}`, `${lead}${last ? '└─ ' : '├─ '}`)
      }
    }
    for (const root of childrenOf(null)) draw(root, '', '')
    return lines.map((text) => (page.colours.isColorSupported ? text : fit(text, page.width))).join('\n')
  }
}

/** The needed stage that stands last in the file: the tree then grows downwards only. */
function parentOf(stage: Stage, pipeline: Pipeline): string | null {
  const numbers = new Map(pipeline.stages.map(({ name, number }) => [name, number]))
  return [...stage.needs].sort((a, b) => (numbers.get(b) ?? 0) - (numbers.get(a) ?? 0))[0] ?? null
}

function line(stage: Stage, parent: string | null, edges: readonly GraphEdge[], { colours }: Page): string {
  const facts: string[] = []
  const datasets = edges.find((edge) => edge.to === stage.name && edge.from === parent)?.datasets ?? []
  const named = datasets.filter((dataset) => dataset !== 'output')
  if (named.length > 0) facts.push(`works on ${parent ?? ''}.${named.join(`, ${parent ?? ''}.`)}`)
  else if (parent !== null && datasets.length === 0) facts.push(`after ${parent}`)
  const others = stage.needs.filter((name) => name !== parent)
  if (others.length > 0) facts.push(`also needs ${others.join(', ')}`)
  if (stage.onFailure !== 'fail') facts.push(`on failure: ${stage.onFailure}`)
  if (!stage.enabled) facts.push('disabled')
  const module = stage.kind === 'command' ? 'command' : stage.module
  const name = stage.enabled ? colours.bold(stage.name) : colours.dim(stage.name)
  return `${name}  ${colours.cyan(module)}${facts.length === 0 ? '' : colours.dim(`  (${facts.join('; ')})`)}`
}
