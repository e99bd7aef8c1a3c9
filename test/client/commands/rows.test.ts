import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { LeftOutRow } from '../../../activities/left-out/read-left-out.ts'
import { temporaryProject, write } from '../../support/stage-project.ts'
import { ranPipeline } from '../ran-pipeline.ts'
import { typed, type Typed } from '../typed.ts'

const RUN = '20261124_231630'
const CSV = `id,author,views,likes,text
7506832682593094928,ann,2000,10,first
007,ben,12300,9001,"over
two lines"
7506832682593094929,cleo,many,1,\u001b[31mred
7506832682593094930,dan,5000,4,first
7506832682593094931,eve,10,1,a\u2028part
7506832682593094932,finn,9000
7506832682593094933,gina,9000,400,flagged
`
const PIPELINE = `pipeline:
  name: sample
  stages:
    - name: 01_clean
      module: take_input_csv
      config:
        input_file: data/in.csv
        columns:
          id: {type: id, required: true}
          views: {type: integer}
          likes: {type: integer}
        budget: {fail: 50%}
    - name: 02_rules
      module: rule_based_filtering
      input: 01_clean
      config:
        rules:
          - {id: seen-enough, column: views, min: 1000}
          - {id: likes-fit-views, column: likes, max: {column: views, times: 0.5}}
          - {id: first-of-its-text, unique: {by: [text], keep: first}}
          - {id: few-likes, column: likes, max: 100, action: flag}
`

let folder = ''
const rows = (...argv: string[]): Promise<Typed> => typed(folder, ['rows', ...argv])
const each = ({ out }: Typed): (LeftOutRow & { stage: string })[] =>
  out
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LeftOutRow & { stage: string })

beforeEach(() => {
  folder = temporaryProject({ 'config/main.yaml': PIPELINE, 'data/in.csv': CSV })
})

describe('rows', () => {
  it('shows by stage and kind each row that did not come through, with place, rule, message and the cells that matter first', async () => {
    await ranPipeline(folder, RUN)
    const { exit, out } = await rows()
    expect(exit).toBe(0)
    const lines = out.trim().split('\n')
    expect(lines[0]).toBe('01_clean · 2 rejected')
    expect(lines[2]).toMatch(
      /^ {2}data\/in\.csv:5 +views\.type +views is not a whole number +views=many {2}id=7506832682593094929 /,
    )
    expect(lines[3]).toMatch(/^ {2}data\/in\.csv:8 +too_few_fields .*7506832682593094932,finn,9000$/)
    expect(out).toContain('02_rules · 2 filtered')
    expect(out).toMatch(/data\/in\.csv:3 +likes-fit-views +likes is above 0\.5 × views +likes=9001 {2}views=12300 {2}id=007/)
    expect(out).toMatch(/data\/in\.csv:6 +first-of-its-text +is the same as record 1 +text=first/)
  })

  it('lets no cell act on the terminal or break a line of the table', async () => {
    await ranPipeline(folder, RUN)
    const { out } = await rows()
    expect(out).toContain('text=␛[31mred')
    expect(out).toContain('text=over␊two lines')
    expect(out).toContain(String.raw`text=a\u2028part`)
    expect(out).not.toContain('\u001b')
  })

  it('narrows by kind, rule, stage and number, and says how many there are', async () => {
    await ranPipeline(folder, RUN)
    expect(each(await rows('--filtered', '--json')).map(({ record }) => record)).toEqual([2, 5])
    expect(each(await rows('--rule', 'likes-fit-views', '--json')).map(({ record }) => record)).toEqual([2])
    expect(each(await rows('--stage', 'clean', '--json')).map(({ stage, record }) => [stage, record])).toEqual([
      ['01_clean', 3],
      ['01_clean', 6],
    ])
    expect(each(await rows('--json', '--limit', '1')).map(({ action }) => action)).toEqual(['reject', 'filter', 'duplicate'])
    expect((await rows('--rejected', '--limit', '1')).out).toMatch(/^01_clean · 2 rejected, the first 1\n/)
    expect((await rows('--rule', 'seen-enough')).out).toMatch(/^02_rules · 1 filtered\n/)
  })

  it('shows flagged rows, which came through, from the output', async () => {
    await ranPipeline(folder, RUN)
    const found = each(await rows('--flagged', '--json'))
    expect(found.map(({ record, violations }) => [record, violations[0]?.rule])).toEqual([[7, 'few-likes']])
    expect((await rows('--flagged')).out).toContain('02_rules · 1 flagged')
  })

  it('says so when no row is like that', async () => {
    await ranPipeline(folder, RUN)
    expect(await rows('--rule', 'other')).toMatchObject({ exit: 0, out: '' })
    expect((await rows('--rule', 'other')).err).toContain('No row')
    expect(await rows('--stage', '03')).toMatchObject({ exit: 4 })
  })

  it('works on a run that failed, from the files that were kept', async () => {
    write(folder, { 'config/main.yaml': PIPELINE.replace('fail: 50%', 'fail: 1%') })
    await ranPipeline(folder, RUN)
    const { exit, out } = await rows()
    expect(exit).toBe(0)
    expect(out).toMatch(/^01_clean · 2 rejected · the stage did not end well/)
    expect((await rows('--find', 'id=7506832682593094929')).out).toBe(
      'data/in.csv line 5 → 01_clean rejected by views.type (views many is not a whole number)\n',
    )
    expect((await rows('--find', 'id=007')).out).toContain('no row with id = 007')
  })
})

describe('rows --find', () => {
  const line = async (question: string): Promise<string> => (await rows('--find', question)).out.trim()

  it('follows one row through every stage, with the rule and the values that were compared', async () => {
    await ranPipeline(folder, RUN)
    expect(await line('id=007')).toBe(
      'data/in.csv line 3 → 01_clean kept → 02_rules filtered by likes-fit-views (likes 9001 is above 0.5 × views 12300)',
    )
    expect(await line('id=7506832682593094928')).toBe('data/in.csv line 2 → 01_clean kept → 02_rules kept')
    expect(await line('id=7506832682593094930')).toBe(
      'data/in.csv line 6 → 01_clean kept → 02_rules duplicate by first-of-its-text (is the same as record 1: text first)',
    )
    expect(await line('id=7506832682593094929')).toBe(
      'data/in.csv line 5 → 01_clean rejected by views.type (views many is not a whole number)',
    )
  })

  it('finds a record that could not be split by its raw text, as a whole word', async () => {
    await ranPipeline(folder, RUN)
    expect(await line('author=finn')).toMatch(/^data\/in\.csv line 8 → 01_clean rejected by too_few_fields/)
    expect(await line('author=fin')).toMatch(/^no row with author = fin/)
  })

  it('compares IDs as text: neither a zero in front nor the last digit of nineteen is overlooked', async () => {
    await ranPipeline(folder, RUN)
    expect(await line('id=7')).toMatch(/^no row/)
    expect(await line('id=7506832682593094927')).toMatch(/^no row/)
  })

  it('shows the first of several rows and how many there are', async () => {
    await ranPipeline(folder, RUN)
    const { out } = await rows('--find', 'text=first', '--limit', '1')
    expect(out.split('\n')[0]).toBe('2 rows with text = first; the first 1:')
    const { matches, rows: found } = JSON.parse((await rows('--find', 'text=first', '--json')).out) as {
      matches: number
      rows: { record: number; stages: { outcome: string }[] }[]
    }
    expect(matches).toBe(2)
    expect(found.map(({ record, stages }) => [record, ...stages.map(({ outcome }) => outcome)])).toEqual([
      [1, 'kept', 'kept'],
      [4, 'kept', 'duplicates'],
    ])
  })

  it('says what it looked through when nothing is found, and ends well', async () => {
    await ranPipeline(folder, RUN)
    const { exit, out } = await rows('--find', 'id=1')
    expect(exit).toBe(0)
    expect(out.split('\n').slice(1, 3)).toEqual(['  01_clean: rejected, output', '  02_rules: filtered, duplicates, output'])
  })

  it('tells a column that no stage has, and a question that is none', async () => {
    await ranPipeline(folder, RUN)
    expect(await rows('--find', 'ids=1')).toMatchObject({ exit: 2, err: expect.stringContaining('Did you mean "id"?') as string })
    expect(await rows('--find', 'id')).toMatchObject({ exit: 2 })
    expect(await rows('--find', 'id=1', '--rejected')).toMatchObject({ exit: 2 })
  })

  it("follows a row through a stage of one's own, which keeps no places", async () => {
    const own = `import { defineStage } from 'onclock'
export default defineStage({ summary: 's', rows: 'filter', async run({ input, output, filter }) {
  for await (const row of input.rows())
    if (row.author === 'eve') await filter(row, { rule: 'no-eve', column: 'author', message: 'is eve' })
    else await output.write({ ...row, score: '1' })
} })`
    const pipeline = PIPELINE.replace(
      '    - name: 02_rules',
      '    - name: own\n      module: stages/own.ts\n      input: 01_clean\n    - name: 02_rules',
    )
    write(folder, {
      'config/main.yaml': pipeline.replace(
        'input: 01_clean\n      config:\n        rules',
        'input: own\n      config:\n        rules',
      ),
      'stages/own.ts': own,
    })
    await ranPipeline(folder, RUN)
    expect(await line('id=007')).toBe(
      'data/in.csv line 3 → 01_clean kept → own kept → 02_rules filtered by likes-fit-views (likes 9001 is above 0.5 × views 12300 or is not a number)',
    )
    expect(await line('author=eve')).toBe('data/in.csv line 7 → 01_clean kept → own filtered by no-eve (author eve is eve)')
  })

  it('follows a row where it went, and names no stage that it never reached', async () => {
    const branch = `    - name: 03_mend
      module: rule_based_filtering
      input: 01_clean.rejected
      config: {min_output: 0 rows, rules: [{id: has-likes, column: likes, min: 2, action: filter}]}
    - name: 04_last
      module: stages/own.ts
      input: 02_rules
`
    const own = `import { defineStage } from 'onclock'
export default defineStage({ summary: 's', rows: 'free', async run({ input, output }) {
  for await (const row of input.rows()) await output.write({ sum: '1' })
} })`
    write(folder, { 'config/main.yaml': PIPELINE + branch, 'stages/own.ts': own })
    await ranPipeline(folder, RUN)
    expect(await line('id=7506832682593094929')).toBe(
      'data/in.csv line 5 → 01_clean rejected by views.type (views many is not a whole number) → 03_mend filtered by has-likes (likes 1 is below 2 or is not a number)',
    )
    expect(await line('id=7506832682593094928')).toBe(
      'data/in.csv line 2 → 01_clean kept → 02_rules kept → 04_last does not tell what became of it',
    )
  })

  it('needs neither the input nor the files for people', async () => {
    await ranPipeline(folder, RUN)
    rmSync(join(folder, 'data/in.csv'))
    rmSync(join(folder, `data/output/execution_${RUN}/stage2_filtered_${RUN}.jsonl`))
    expect(await line('id=007')).toContain('filtered by likes-fit-views')
  })
})

describe('rows of a run that was taken over from another', () => {
  it('are followed through a stage that knows no places, whose files have other names here', async () => {
    const copy = `    - {name: copy, command: 'cp "$ONCLOCK_INPUT_FILE" "$ONCLOCK_OUTPUT_FILE"', input: 01_clean, config: {output_file: copy.csv}}\n`
    write(folder, {
      'config/main.yaml': PIPELINE.replace('    - name: 02_rules\n', `${copy}    - name: 02_rules\n`).replace(
        'input: 01_clean\n',
        'input: copy\n',
      ),
    })
    await ranPipeline(folder, RUN)
    const later = '20261124_231640'
    await ranPipeline(folder, later, { mode: 'run', reuse: { run_id: RUN, output_dir: 'data/output' } })
    const [first, second] = [await rows(RUN, '--find', 'id=007'), await rows(later, '--find', 'id=007')]
    expect(first.out).toContain('02_rules filtered by likes-fit-views')
    expect(second.out).toBe(first.out.replaceAll(RUN, later))
  })
})
