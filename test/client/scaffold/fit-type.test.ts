import { describe, expect, it } from 'vitest'
import { fitType } from '../../../client/scaffold/fit-type.ts'

describe('fitType', () => {
  it.each<[string, string[], string, object]>([
    ['n', ['1', '-2'], 'integer', {}],
    ['video_id', ['12', '13'], 'id', {}],
    ['n', ['1.5', '2'], 'decimal', {}],
    ['n', ['1,5', '2'], 'decimal', { decimal: ',' }],
    ['n', ['1.234,5', '2'], 'decimal', { decimal: ',', group: '.' }],
    ['n', ['1.234.567', '2'], 'integer', { decimal: ',', group: '.' }],
    ['n', ['1,234,567', '2'], 'integer', { group: ',' }],
    ['n', ['1,234.50', '2'], 'decimal', { group: ',' }],
    ['n', ['1 234', '2'], 'integer', { group: 'space' }],
    ['n', ['1\u00a0234,5', '2'], 'decimal', { decimal: ',', group: 'space' }],
    ['n', ["1'234.5", '2'], 'decimal', { group: 'apostrophe' }],
    ['x', ['541.2K', '1.4M', '7'], 'integer', { units: true }],
    ['views', ['5k', '1M'], 'integer', { units: true }],
    ['x', ['1.2345K', '1.4M'], 'decimal', { units: true }],
    ['x', ['12B', '14K'], 'text', {}],
    ['p', ['3 %', '4.5%'], 'percent', {}],
    ['p', ['3,5\u00a0%'], 'percent', { decimal: ',' }],
    ['d', ['2024-01-31'], 'date', {}],
    ['d', ['2024-01-31T10:00:00Z'], 'datetime', {}],
    ['d', ['31.12.2024', '1.2.2024'], 'date', { format: '%d.%m.%Y' }],
    ['d', ['31.12.24'], 'date', { format: '%d.%m.%y' }],
    ['d', ['31/12/2024', '01/02/2024'], 'date', { format: '%d/%m/%Y' }],
    ['d', ['12/31/2024', '01/02/2024'], 'date', { format: '%m/%d/%Y' }],
    ['d', ['Feb 3, 2024'], 'date', { format: '%b %d, %Y' }],
    ['d', ['12/31/2024 11:05 PM'], 'datetime', { format: '%m/%d/%Y %I:%M %p' }],
    ['video_duration', ['01:05', '1:02:03'], 'duration', {}],
    ['posted', ['01:05', '10:03'], 'text', {}],
    ['t', ['PT1M5S', 'P1DT2H'], 'duration', {}],
    ['t', ['P', 'T'], 'text', {}],
    ['t', ['1,5', 'x'], 'text', {}],
    ['t', [], 'text', {}],
  ])('takes %s with %j for %s %j', (name, values, type, form) => {
    expect(fitType(name, values)).toEqual({ type, form, note: null })
  })

  it.each<[string[], string, string]>([
    [['01/02/2024'], 'text', 'format: "%d/%m/%Y" or "%m/%d/%Y"'],
    [['1,234'], 'text', 'decimal: "," or group: ","'],
    [['1.234'], 'decimal', 'or decimal: ",", group: "."'],
  ])('leaves open what %j means', (values, type, note) => {
    expect(fitType('x', values)).toMatchObject({ type, note: expect.stringContaining(note) })
  })
})
