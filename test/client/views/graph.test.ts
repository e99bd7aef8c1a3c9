import { describe, expect, it } from 'vitest'
import { temporaryFolder, write } from '../../support/stage-project.ts'
import { typed } from '../typed.ts'

const PIPELINE = `pipeline:
  name: A "graph"
  execution: {parallel: true}
  stages:
    - {name: clean, module: take_input_csv, config: {input_file: x.csv}}
    - name: keep
      module: rule_based_filtering
      input: clean
      config: {rules: [{id: a, column: b, required: true}]}
    - {name: mail bad, command: 'true', input: clean.rejected, on_failure: warn}
    - {name: score, command: 'true', input: keep, enabled: false}
    - {name: publish, command: 'true', needs: [score, mail bad]}
`

async function graph(...argv: string[]): Promise<string> {
  const folder = temporaryFolder()
  write(folder, { 'config/main.yaml': PIPELINE })
  const { exit, out, err } = await typed(folder, ['graph', ...argv])
  expect(err).toBe('')
  expect(exit).toBe(0)
  return out
}

describe('graph', () => {
  it('draws a tree in which each stage stands once', async () => {
    expect((await graph()).split('\n')).toEqual([
      'A "graph"  config/main.yaml',
      'clean  take_input_csv',
      '├─ keep  rule_based_filtering',
      '│  └─ score  command  (disabled)',
      '│     └─ publish  command  (after score; also needs mail bad)',
      '└─ mail bad  command  (works on clean.rejected; on failure: warn)',
      '',
    ])
  })

  it('draws a Mermaid flowchart: rows on full arrows, waiting on dotted ones', async () => {
    expect((await graph('--format', 'mermaid')).split('\n')).toEqual([
      'flowchart LR',
      '  s1["clean<br/><small>take_input_csv</small>"]',
      '  s2["keep<br/><small>rule_based_filtering</small>"]',
      '  s3["mail bad<br/><small>command</small>"]',
      '  s4["score<br/><small>command</small>"]',
      '  s5["publish<br/><small>command</small>"]',
      '  s1 --> s2',
      '  s1 -->|rejected| s3',
      '  s2 --> s4',
      '  s4 -.-> s5',
      '  s3 -.-> s5',
      '  classDef disabled stroke-dasharray: 4 4,opacity: 0.6',
      '  class s4 disabled',
      '',
    ])
  })

  it('gives stages and edges to programs', async () => {
    const drawn = JSON.parse(await graph('--json')) as { edges: unknown }
    expect(drawn.edges).toContainEqual({ from: 'clean', to: 'mail bad', datasets: ['rejected'] })
  })

  it('lists the faults of a pipeline that cannot be drawn', async () => {
    const folder = temporaryFolder()
    write(folder, { 'config/main.yaml': PIPELINE.replace('needs: [score', 'needs: [scor') })
    const { exit, err } = await typed(folder, ['graph'])
    expect(exit).toBe(2)
    expect(err).toMatch(/PIPELINE_INVALID[^]*config\/main\.yaml:12:\d+ [^]*Did you mean "score"/)
  })
})
