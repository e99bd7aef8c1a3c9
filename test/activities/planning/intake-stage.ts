import { createProjectCatalog } from '../../../activities/planning/project-catalog.ts'
import { checkPipeline } from '../../../activities/planning/read-pipeline.ts'
import type { Stage } from '../../../pipeline/pipeline.ts'

/** The only stage of a pipeline that takes in an input. */
export async function intakeStage(dir: string, inputFile: string): Promise<Stage> {
  const text = `pipeline: {name: p, stages: [{name: in, module: take_input_csv, config: {input_file: '${inputFile}'}}]}\n`
  const { pipeline } = await checkPipeline({ file: 'p.yaml', text }, createProjectCatalog(dir, { code: false }), {})
  const [stage] = pipeline.stages
  if (stage === undefined) throw new Error('a pipeline without a stage')
  return stage
}
