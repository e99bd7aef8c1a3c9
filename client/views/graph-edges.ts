import type { Pipeline } from '../../pipeline/pipeline.ts'

/** `to` starts after `from`; `datasets` are those of `from` that it works on, none when it only waits. */
export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly datasets: readonly string[]
}

/** What each stage needs, in the order of the file. */
export function graphEdges(pipeline: Pick<Pipeline, 'stages'>): GraphEdge[] {
  return pipeline.stages.flatMap((stage) =>
    stage.needs.map((from) => ({
      from,
      to: stage.name,
      datasets: [
        ...new Set(
          Object.values(stage.inputs)
            .filter((input) => input.stage === from)
            .map((input) => input.dataset),
        ),
      ],
    })),
  )
}
