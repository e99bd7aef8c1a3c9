import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Dataset } from '../../../../activities/stage.ts'
import { evaluate } from '../../../../activities/stages/evaluate/stage.ts'
import { datasetOf, write } from '../../../support/stage-project.ts'
import { intake, openRuleProject, type RuleProject, runRules } from '../rule-based-filtering/run-rules.ts'
import { handedOn, runEvaluation } from './run-evaluation.ts'

const CSV = `text,views,Label
secret-a,10,Yes
secret-b,1,Yes
secret-c,2,No
secret-d,30,No
secret-d,30,Yes
secret-e,40,Maybe
secret-f,50,
`
const RULES = `rules:
  - {id: seen, column: views, min: 5}
  - {id: once, unique: {by: [text]}}
  - {id: not-e, column: text, not_equals: secret-e, action: reject}
budget: {fail: 90%}`

let project: RuleProject
let all: Dataset
let kept: Dataset
beforeAll(async () => {
  project = await openRuleProject()
  all = await intake(project, 'columns: {views: {type: integer}}', CSV)
  kept = handedOn(await runRules(project, RULES, all))
})
afterAll(() => project.close())

describe('evaluate', () => {
  it('counts kept and left-out rows by what people said of them', async () => {
    const { metrics, result } = await runEvaluation(project, {}, { all, kept })
    expect(metrics.original_stats).toEqual({ total_rows: 7, wanted_rows: 3, unwanted_rows: 4, wanted_share: 0.428571 })
    expect(metrics.filtered_stats).toMatchObject({ total_rows: 3, wanted_rows: 1, unwanted_rows: 2 })
    expect(metrics.confusion_matrix).toEqual({
      true_positives: 1,
      false_positives: 2,
      false_negatives: 2,
      true_negatives: 2,
    })
    expect(metrics.compared).toEqual({ all: 'clean', kept: 'rules', matched_by: 'place' })
    expect(result.rows).toBeNull()
  })

  it('says of each rule which rows it stopped, and what would be had they stayed', async () => {
    const { metrics } = await runEvaluation(project, {}, { all, kept })
    expect(metrics.rules.map(({ rule, stopped }) => [rule, stopped.wanted_rows, stopped.unwanted_rows])).toEqual([
      ['seen', 1, 1],
      ['not-e', 0, 1],
      ['once', 1, 0],
    ])
    expect(metrics.rules.map(({ verdict }) => verdict)).toEqual(['harms', 'helps', 'harms'])
    expect(metrics.rules[0]?.alone.confusion_matrix).toEqual({
      true_positives: 2,
      false_positives: 3,
      false_negatives: 1,
      true_negatives: 1,
    })
  })

  it('lists other labels with their counts in its files, and in no message that travels', async () => {
    const { metrics, report, result } = await runEvaluation(project, {}, { all, kept })
    expect(metrics.labels).toEqual({ keep: 3, drop: 2, empty: 1, others: { Maybe: 1 }, unlisted: 0 })
    expect(report).toMatch(/"Maybe" +1/)
    expect(result.warnings).toEqual([
      '1 row has a label that is neither in keep nor in drop and counts as unwanted, see the report',
      '1 row has no label and counts as unwanted',
      'the rules do harm: keeping every row would agree better with the labels, see the report',
    ])
  })

  it('has no cell values in metadata, metrics or report', async () => {
    const { metrics, report, result } = await runEvaluation(project, {}, { all, kept })
    expect(`${JSON.stringify([metrics, result.metadata, result.warnings])}${report}`).not.toContain('secret')
  })

  it('does not list texts as labels when it is pointed at the wrong column', async () => {
    const rows = Array.from({ length: 30 }, (_, index) => `secret-${index},Yes`)
    const texts = await intake(project, '{}', ['text,Label', ...rows].join('\n'))
    const { metrics, report } = await runEvaluation(project, { label: 'text', keep: ['secret-1'] }, { all: texts, kept: texts })
    expect(metrics.labels).toMatchObject({ keep: 1, others: {}, unlisted: 29 })
    expect(report).not.toContain('secret-2')
  })

  it('gives its files names with the run ID, and the same bytes twice', async () => {
    const [once, again] = [await runEvaluation(project, {}, { all, kept }), await runEvaluation(project, {}, { all, kept })]
    expect(once.result.outputs.map(({ publicName, format }) => [publicName, format])).toEqual([
      ['stage3_evaluation_metrics_20261124_020000.json', 'json'],
      ['stage3_evaluation_report_20261124_020000.txt', 'other'],
    ])
    expect([again.metrics, again.report]).toEqual([once.metrics, once.report])
    const named = await runEvaluation(project, { output_file: 'data/evaluation_metrics.json' }, { all, kept })
    expect(named.result.outputs[0]?.publicName).toBe('evaluation_metrics_20261124_020000.json')
  })

  it('names the files of left-out rows as what it read, so that other rules make another evaluation', async () => {
    const { result } = await runEvaluation(project, {}, { all, kept })
    expect(result.inputs.map(({ path }) => path.replace(/.*\/(stage\d_[a-z]+).*/, '$1')).sort()).toEqual([
      'stage2_duplicates',
      'stage2_filtered',
      'stage2_rejected',
    ])
  })

  it('takes other words for labels, and looks at them as it is told', async () => {
    const config = { keep: 'yes', drop: ['no', 'maybe'], as: ['trim', 'lower'] }
    const { metrics } = await runEvaluation(project, config, { all, kept })
    expect(metrics.labels).toEqual({ keep: 3, drop: 3, empty: 1, others: {}, unlisted: 0 })
  })

  it('says that rules help when they do', async () => {
    const good = handedOn(await runRules(project, 'rules: [{id: yes-only, column: Label, equals: "Yes", nulls: fail}]', all))
    const { metrics, report, result } = await runEvaluation(project, {}, { all, kept: good })
    expect(metrics.performance_metrics).toMatchObject({ precision: 1, recall: 1, f1: 1, accuracy: 1 })
    expect(report).toContain('THE RULES HELP')
    expect(result.warnings.join()).not.toContain('harm')
  })
})

describe('rows that do not know their place', () => {
  it('are matched by equal cells, as often as they were kept, and that is said', async () => {
    const rows = 'text,views,Label\nsecret-a,10,Yes\nsecret-d,30,No\n'
    write(project.projectDir, { 'elsewhere.csv': rows })
    const { metrics, report, result } = await runEvaluation(
      project,
      {},
      { all, kept: await datasetOf(join(project.projectDir, 'elsewhere.csv'), 'own') },
    )
    expect(metrics.compared.matched_by).toBe('equal rows')
    expect(metrics.confusion_matrix).toMatchObject({ true_positives: 1, false_positives: 1 })
    expect(result.warnings[0]).toBe('the rows of "own" do not know their place in "clean": they were matched by equal cells')
    expect(report).toContain('matched by equal cells')
  })

  it('may be fewer columns, and equal ones count once each', async () => {
    write(project.projectDir, { 'texts.csv': 'text\nsecret-d\nsecret-d\nsecret-d\n' })
    const { metrics, result } = await runEvaluation(
      project,
      {},
      { all, kept: await datasetOf(join(project.projectDir, 'texts.csv'), 'own') },
    )
    expect(metrics.confusion_matrix).toMatchObject({ true_positives: 1, false_positives: 1 })
    expect(result.warnings).toContainEqual('of the rows of "own" 1 are not among those of "clean" and do not count')
  })

  it.each([
    ['text\nnobody\n', 'none of the rows of "own" is a row of "clean"'],
    ['other\n1\n2\n', '"own" and "clean" have no column in common'],
  ])('stop the stage when they are of another table', async (csv, message) => {
    write(project.projectDir, { 'other.csv': csv })
    const other = await datasetOf(join(project.projectDir, 'other.csv'), 'own')
    await expect(runEvaluation(project, {}, { all, kept: other })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message })
  })
})

describe('the form of the original', () => {
  it('takes the labels from a file and the kept rows from stage 2', async () => {
    write(project.projectDir, { 'source.csv': CSV })
    const { metrics } = await runEvaluation(project, { input_file: 'source.csv' }, { stage2_output: kept })
    expect(metrics.compared).toEqual({ all: 'source.csv', kept: 'rules', matched_by: 'place' })
    expect(metrics.confusion_matrix).toMatchObject({ true_positives: 1, false_positives: 2 })
    expect(metrics.rules).toHaveLength(3)
  })

  it('takes the newest file that a glob means, when no stage of the pipeline writes it', async () => {
    write(project.projectDir, {
      'source.csv': CSV,
      'out/execution_1/stage2_output_1.csv': 'text,views,Label\nsecret-a,10,Yes\n',
      'out/execution_2/stage2_output_2.csv': 'text,views,Label\nsecret-a,10,Yes\nsecret-c,2,No\n',
    })
    const old = new Date('2026-01-01T00:00:00Z')
    utimesSync(join(project.projectDir, 'out/execution_2/stage2_output_2.csv'), old, old)
    const config = { input_file: 'source.csv', stage2_output: 'out/execution_*/stage2_output_*.csv' }
    const { metrics } = await runEvaluation(project, config, {})
    expect(metrics.filtered_stats).toMatchObject({ total_rows: 1 })
    expect(metrics.rules).toEqual([])
    expect(metrics.no_rule_on_record).toEqual({ wanted_rows: 2, unwanted_rows: 4 })
  })

  it('is what src.03_evaluation means', () => {
    expect(evaluate.aliases).toContain('src.03_evaluation')
  })
})

describe('what cannot be evaluated', () => {
  it.each([
    [{}, 'the stage is not told which are all rows and which are the kept rows'],
    [{ input_file: 'source.csv' }, 'the stage is not told which are the kept rows'],
    [{ stage2_output: 'source.csv' }, 'the stage is not told which are all rows'],
  ])('is refused without its inputs: %j', async (config, message) => {
    await expect(runEvaluation(project, config, {})).rejects.toMatchObject({ code: 'CONFIG_INVALID', message })
  })

  it('is refused without the column of the labels, with the one that was meant', async () => {
    await expect(runEvaluation(project, { label: 'label' }, { all, kept })).rejects.toMatchObject({
      code: 'COLUMN_MISSING',
      message: 'the rows have no column "label", in which the labels should be',
      hint: 'Did you mean "Label"?',
    })
  })

  it.each([
    ['text,Label\na,\nb, \n', 'no row has a label: the column "Label" is empty'],
    ['text,Label\n', 'there are no rows of "clean" to compare'],
  ])('is refused without any label', async (csv, message) => {
    const rows = await intake(project, 'min_output: 0 rows', csv)
    await expect(runEvaluation(project, {}, { all: rows, kept: rows })).rejects.toMatchObject({ code: 'LABELS_MISSING', message })
  })

  it('is refused when a file is not there', async () => {
    const config = { input_file: 'nowhere.csv', stage2_output: 'source.csv' }
    await expect(runEvaluation(project, config, {})).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })
})

describe('several stages of rules', () => {
  it('are judged all, where all are named', async () => {
    const first = handedOn(await runRules(project, 'rules: [{id: seen, column: views, min: 5}]', all, { stage: 'first' }))
    const last = handedOn(await runRules(project, 'rules: [{id: not-e, column: text, not_equals: secret-e}]', first))
    const named = await runEvaluation(project, {}, { all, first, kept: last })
    expect(named.metrics.rules.map(({ stage, rule }) => `${stage}: ${rule}`)).toEqual(['first: seen', 'rules: not-e'])
    expect(named.report).toContain('first: seen')
    const unnamed = await runEvaluation(project, {}, { all, kept: last })
    expect(unnamed.metrics.no_rule_on_record).toEqual({ wanted_rows: 1, unwanted_rows: 1 })
    expect(unnamed.report).toContain('(no rule on record)')
  })
})
