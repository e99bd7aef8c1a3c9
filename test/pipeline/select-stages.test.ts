import { describe, expect, it } from 'vitest'
import type { Pipeline, Stage } from '../../pipeline/pipeline.ts'
import { selectStages, type StageChoice, withDependents, wordsOf } from '../../pipeline/select-stages.ts'

function stage(name: string, needs: readonly string[], enabled = true): Stage {
  return { name, needs, enabled } as unknown as Stage
}

/** in → (left, right) → join; beside them a stage that is alone, and one that is disabled. */
const pipeline = {
  stages: [
    stage('in', []),
    stage('left', ['in']),
    stage('right', ['in']),
    stage('join', ['left', 'right']),
    stage('alone', []),
    stage('off', ['in'], false),
  ],
} as unknown as Pipeline

const chosen = (choice: StageChoice): string[] =>
  selectStages(pipeline, choice).pipeline.stages.flatMap(({ name, enabled }) => (enabled ? [name] : []))

describe('selectStages', () => {
  it.each<[StageChoice, string[]]>([
    [{}, ['in', 'left', 'right', 'join', 'alone']],
    [{ from: 'left' }, ['left', 'join']],
    [{ from: 'in' }, ['in', 'left', 'right', 'join']],
    [{ until: 'left' }, ['in', 'left']],
    [{ until: 'join' }, ['in', 'left', 'right', 'join']],
    [{ from: 'left', until: 'join' }, ['left', 'join']],
    [{ only: 'right' }, ['right']],
  ])('keeps for %j what was meant', (choice, names) => {
    expect(chosen(choice)).toEqual(names)
  })

  it('says of each stage left out why, but of a disabled one', () => {
    expect([...selectStages(pipeline, { only: 'in' }).left]).toEqual(
      ['left', 'right', 'join', 'alone'].map((name) => [name, 'not selected (--only in)']),
    )
  })

  it.each<[StageChoice, string]>([
    [{ from: 'nothing' }, 'no stage "nothing"'],
    [{ only: 'off' }, '"off" is disabled'],
    [{ from: 'join', until: 'in' }, 'no stage lies between "join" and "in"'],
  ])('refuses %j', (choice, words) => {
    expect(() => selectStages(pipeline, choice)).toThrow(words)
  })
})

describe('withDependents', () => {
  it('goes down every branch', () => {
    expect([...withDependents(pipeline.stages, 'left')].sort()).toEqual(['join', 'left'])
  })
})

describe('wordsOf', () => {
  it('says a choice as it is typed', () => {
    expect(wordsOf({ from: 'a', until: 'b' })).toBe('--from a --until b')
  })
})
