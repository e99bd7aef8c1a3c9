import { join } from 'node:path'
import { previewPlan, type PlanRequest } from '../../../activities/planning/plan-run.ts'
import { readRunRecord } from '../../../activities/store/project-runs.ts'
import { createRunStore, type RunStore } from '../../../activities/store/run-store.ts'
import type { RunRecord } from '../../../pipeline/record.ts'
import { temporaryProject } from '../../support/stage-project.ts'

export const CSV = `id,author,views,text
1,ann,2000,first
2,ben,12300,second
3,cleo,many,third
4,dan,5000,first
5,eve,10,fifth
6,finn,900,sixth
`

/** Intake, rules with a list file, and more rules. */
export const PIPELINE = `pipeline:
  name: sample
  params:
    input_file: {type: path, default: data/in.csv}
    min_views: {type: integer, default: 1000}
  stages:
    - name: clean
      module: take_input_csv
      config:
        input_file: \${params.input_file}
        output_file: data/clean.csv
        columns:
          id: {type: id, required: true}
          views: {type: integer}
        budget: {fail: 50%}
    - name: keep
      module: rule_based_filtering
      input: clean
      config:
        output_file: data/kept.csv
        rules:
          - {id: seen-enough, column: views, min: "\${params.min_views}"}
          - {id: no-bots, column: author, not_in: {file: lists/bots.txt}}
    - name: score
      module: rule_based_filtering
      input: keep
      config:
        min_output: 1 row
        rules: [{id: scored, column: views, min: 0}]
`

/** The same, but for a last stage that fails. */
export const BROKEN = PIPELINE.replace('1 row\n', '99 rows\n')

export interface RunProject {
  readonly dir: string
  readonly store: RunStore
  record(runId: string): Promise<RunRecord>
  /** What a resume of a run, or a run that reuses one, would do: `action stage: reason`. */
  plan(request: Partial<PlanRequest> & { readonly runId: string }): Promise<string[]>
}

/** A project of the files above, changed as said. */
export function runProject(files: { readonly [path: string]: string } = {}): RunProject {
  const dir = temporaryProject({
    'config/main.yaml': PIPELINE,
    'data/in.csv': CSV,
    'lists/bots.txt': 'dan\n',
    ...files,
  })
  const store = createRunStore(join(dir, 'data/output'))
  return {
    dir,
    store,
    record: async (runId) => {
      const record = await readRunRecord({ runId, store })
      if (record === null) throw new Error(`no record of ${runId}`)
      return record
    },
    plan: async (request) => {
      const asked = { projectDir: dir, pipelineFile: 'config/main.yaml', set: {}, mode: 'resume' as const }
      const { stages } = await previewPlan({ ...asked, ...request })
      return stages.map(({ action, name, reason }) => `${action} ${name}: ${reason}`)
    },
  }
}
