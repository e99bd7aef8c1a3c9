import { describe, expect, it } from 'vitest'
import { planView } from '../../../client/views/plan-view.ts'
import { planOf, plannedStage } from '../../activities/store/stored-samples.ts'
import { pageOf } from './page-of.ts'

describe('planView', () => {
  it('says for each stage what it would do and why', () => {
    const plan = planOf(
      [
        plannedStage('01_clean', { action: 'reuse', reason: 'unchanged, 2 files verified' }),
        plannedStage('02_rules', { reason: 'config changed: rules[1].min 1000000 → 1000' }),
        plannedStage('03_old', { action: 'skip', reason: 'disabled' }),
      ],
      { warnings: ['config/main.yaml:3:4 nothing'] },
    )
    expect(planView(plan, 'resume')(pageOf()).split('\n')).toEqual([
      'sample · run 20241201_143022: what a resume would do',
      '  =  reuse  01_clean  take_input_csv  unchanged, 2 files verified',
      '  ~  run    02_rules  take_input_csv  config changed: rules[1].min 1000000 → 1000',
      '  -  skip   03_old    take_input_csv  disabled',
      '  ! config/main.yaml:3:4 nothing',
      '1 stage to run, 1 to reuse, 1 to skip',
    ])
  })
})
