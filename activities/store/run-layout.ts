import { join } from 'node:path'

/** Where everything of one run lies. The folder `.onclock` in it is ours; what lies beside that is for people. */
export interface RunLayout {
  readonly runId: string
  readonly dir: string
  /** Names the execution the run directory belongs to; created once. */
  readonly claim: string
  /** A file for each start or resume: its plan and the pipeline it was made from. */
  readonly generations: string
  /** `records/<stage>/<generation>.json`: the commits. */
  readonly records: string
  /** A file for each generation that ended. */
  readonly closings: string
  /** `standings/<generation>_<number>.json`: where a run stood that waited for a person. */
  readonly standings: string
  /** `attempts/<stage>/<attempt>/`: private folders, where the committed bytes stay. */
  readonly attempts: string
  readonly runRecord: string
}

/** The layout of a run below an output folder: `data/output/execution_<run ID>/`. */
export function runLayout(outputDir: string, runId: string): RunLayout {
  const dir = join(outputDir, `execution_${runId}`)
  const own = join(dir, '.onclock')
  return {
    runId,
    dir,
    claim: join(own, 'claim.json'),
    generations: join(own, 'generations'),
    records: join(own, 'records'),
    closings: join(own, 'closings'),
    standings: join(own, 'standings'),
    attempts: join(own, 'attempts'),
    runRecord: join(dir, 'run.json'),
  }
}

/** The log people read: `logs/pipeline_<run ID>.log` in the project. */
export function logPath(projectDir: string, runId: string): string {
  return join(projectDir, 'logs', `pipeline_${runId}.log`)
}

/** A short name of a generation for folders: the end of its ID, which unlike the beginning tells no time. */
export function generationTag(generation: string): string {
  return generation.replaceAll('-', '').slice(-12)
}
