import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { takeInputCsvSchema } from '../../../activities/stages/take-input-csv/config.ts'
import { temporaryFolder } from '../../support/stage-project.ts'
import { typed } from '../typed.ts'

function csv(folder: string, header: string, row: (index: number) => string, rows = 60): void {
  writeFileSync(join(folder, 'in.csv'), [header, ...Array.from({ length: rows }, (_, index) => row(index)), ''].join('\n'))
}

describe('infer', () => {
  it('prints YAML alone, which is a config of the intake as it stands', async () => {
    const folder = temporaryFolder()
    csv(
      folder,
      'video_id;status;views;caption;on',
      (index) =>
        `75068326825930949${10 + index};${index % 2 ? 'claim' : 'opinion'};${index};${index % 3 ? `text ${index}` : ''};1,5`,
    )
    const { exit, out, err } = await typed(folder, ['infer', 'in.csv'])
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    const config = takeInputCsvSchema.parse(parse(out))
    expect(config).toMatchObject({ encoding: 'utf-8', delimiter: ';', quote: '"', header: true })
    expect(parse(out)).toMatchObject({
      columns: {
        video_id: { type: 'id', required: true },
        status: { type: 'text', required: true },
        views: { type: 'integer', required: true },
        caption: { type: 'text' },
        on: { type: 'decimal', decimal: ',', required: true },
      },
    })
    expect((parse(out) as { columns: { caption: object } }).columns.caption).not.toHaveProperty('required')
    expect(out).toMatch(/status: .*# in: \[claim, opinion\]/)
    expect(out).not.toMatch(/caption: .*# in:/)
  })

  it('is what a run then accepts: no row of a file without faults is rejected', async () => {
    const folder = temporaryFolder()
    csv(folder, 'id,day,ratio', (index) => `00${index},2026-10-0${(index % 9) + 1},${index}.5`)
    const { out } = await typed(folder, ['infer', 'in.csv'])
    writeFileSync(join(folder, 'c.yaml'), `input_file: in.csv\n${out}`)
    const { out: metadata } = await typed(folder, ['stage', 'run', 'take_input_csv', '--config', 'c.yaml', '--out', 'out'])
    expect(JSON.parse(metadata)).toMatchObject({ rows: { in: 60, out: 60, rejected: 0 } })
  })

  it('proposes how numbers and dates are written, which a run then reads', async () => {
    const folder = temporaryFolder()
    const day = (index: number): string => String((index % 28) + 1).padStart(2, '0')
    csv(folder, 'price;views;day;at;us;rate;t', (index) =>
      [
        `1.${index + 100},50`,
        `${index}.${index % 10}K`,
        `${day(index)}.03.2024`,
        `${day(index)}/3/2024 10:0${index % 10}`,
        `1/${day(index)}/2024`,
        `${index},5 %`,
        'x',
      ].join(';'),
    )
    const { out } = await typed(folder, ['infer', 'in.csv'])
    expect(parse(out)).toMatchObject({
      columns: {
        price: { type: 'decimal', decimal: ',', group: '.' },
        views: { type: 'integer', units: true },
        day: { type: 'date', format: '%d.%m.%Y' },
        at: { type: 'datetime', format: '%d/%m/%Y %H:%M' },
        us: { type: 'date', format: '%m/%d/%Y' },
        rate: { type: 'percent', decimal: ',' },
      },
    })
    writeFileSync(join(folder, 'c.yaml'), `input_file: in.csv\n${out}`)
    const { out: metadata } = await typed(folder, ['stage', 'run', 'take_input_csv', '--config', 'c.yaml', '--out', 'out'])
    expect(JSON.parse(metadata)).toMatchObject({ rows: { in: 60, out: 60, rejected: 0 } })
  })

  it('leaves open what the values do not tell', async () => {
    const folder = temporaryFolder()
    csv(
      folder,
      'num|day|house|d',
      (index) => `1,${index + 100}|${(index % 12) + 1}/${(index % 5) + 1}/2024|${index}B|1.${index + 100}`,
    )
    const { out } = await typed(folder, ['infer', 'in.csv'])
    expect(parse(out)).toMatchObject({
      columns: { num: { type: 'text' }, day: { type: 'text' }, house: { type: 'text' }, d: { type: 'decimal' } },
    })
    expect(out).toMatch(/num: .*# numbers\? decimal: "," or group: ","/)
    expect(out).toMatch(/day: .*# a date\? format: "%d\/%m\/%Y" or "%m\/%d\/%Y"/)
    expect(out).toMatch(/d: .*# or decimal: ",", group: "."/)
  })

  it('sees what a long file has only further down', async () => {
    const folder = temporaryFolder()
    const rows = 40_000
    csv(folder, 'n,kind,text', (index) => `${index},${index < rows / 2 ? 'early' : 'late'},"${'x'.repeat(40)}"`, rows)
    const { out } = await typed(folder, ['infer', 'in.csv'])
    expect(out).toContain('# in: [early, late]')
    expect(parse(out)).toMatchObject({ columns: { n: { type: 'integer', required: true } } })
  })

  it('warns on stderr of IDs whose digits a spreadsheet has taken', async () => {
    const folder = temporaryFolder()
    csv(folder, 'video_id,n', (index) => `7.5068${index % 10}E+18,${index}`)
    const { out, err } = await typed(folder, ['infer', 'in.csv'])
    expect(err).toMatch(/^# ! column video_id: 60 values look like a long number/)
    expect(parse(out)).toMatchObject({ columns: { video_id: { type: 'text' } } })
    const { warnings } = JSON.parse((await typed(folder, ['infer', 'in.csv', '--json'])).out) as { warnings: string[] }
    expect(warnings).toHaveLength(1)
  })

  it('refuses what is no CSV file, and says which is not there', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'in.xlsx'), Buffer.from('504b0304140006000800', 'hex'))
    expect((await typed(folder, ['infer', 'in.xlsx'])).exit).toBe(3)
    expect((await typed(folder, ['infer', 'none.csv'])).exit).toBe(4)
  })
})
