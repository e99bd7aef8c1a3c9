import { describe, expect, it } from 'vitest'
import type { Fault } from '../../pipeline/fault.ts'
import { renderFaults } from '../../pipeline/render-faults.ts'

const fault = (more: Partial<Fault> = {}): Fault => ({
  code: 'unknown_key',
  message: 'unknown key "retires" in stage "clean"',
  hint: 'Did you mean "retry"?',
  file: 'config/main.yaml',
  line: 9,
  column: 7,
  severity: 'error',
  ...more,
})

const text = [...Array.from({ length: 7 }, () => '#'), '      module: x', '      retires: 3', '      config: {}', ''].join('\n')
const sources = new Map([['config/main.yaml', text]])

describe('renderFaults', () => {
  it('shows place, message, frame with a caret, hint and count', () => {
    expect(renderFaults([fault()], sources, { colour: false })).toBe(
      [
        'config/main.yaml:9:7  unknown key "retires" in stage "clean"',
        '   8 |       module: x',
        '>  9 |       retires: 3',
        '     |       ^',
        '  10 |       config: {}',
        '  → Did you mean "retry"?',
        '',
        '1 error',
      ].join('\n'),
    )
  })

  it('shows no frame for a file it does not have, and no hint where there is none', () => {
    expect(renderFaults([fault({ file: 'rules.yaml', hint: null })], sources, { colour: false })).toBe(
      'rules.yaml:9:7  unknown key "retires" in stage "clean"\n\n1 error',
    )
  })

  it('shows no frame for a line that the file does not have', () => {
    expect(renderFaults([fault({ line: 99 })], sources, { colour: false })).not.toContain('|')
  })

  it('leaves empty lines around the line out', () => {
    expect(renderFaults([fault({ line: 10 })], sources, { colour: false })).toContain(
      '> 10 |       config: {}\n     |       ^\n  →',
    )
    expect(renderFaults([fault({ line: 1, column: 1 })], new Map([['config/main.yaml', 'a']]), { colour: false })).toContain(
      '> 1 | a\n    | ^\n  →',
    )
  })

  it.each([
    [['error', 'error'], '2 errors'],
    [['error', 'warning'], '1 error, 1 warning'],
    [['warning', 'warning'], '2 warnings'],
    [[], 'no errors'],
  ] as const)('counts %j as %s', (severities, count) => {
    const faults = severities.map((severity) => fault({ severity }))
    expect(renderFaults(faults, new Map(), { colour: false }).split('\n').at(-1)).toBe(count)
  })

  it('says which are warnings', () => {
    expect(renderFaults([fault({ severity: 'warning' })], new Map(), { colour: false })).toContain('9:7  warning: unknown key')
  })

  it('cuts long lines around the caret', () => {
    const line = `a: ${'x'.repeat(300)}@${'y'.repeat(300)}`
    const shown = renderFaults([fault({ line: 1, column: 304 })], new Map([['config/main.yaml', line]]), { colour: false }).split(
      '\n',
    )
    const caret = shown[2]?.indexOf('^') ?? -1
    expect(shown[1]?.[caret]).toBe('@')
    expect(shown[1]?.length).toBeLessThan(130)
    expect(shown[1]).toMatch(/^> 1 \| …x.*y…$/)
  })

  it('keeps the caret below its character where a tab stands before it', () => {
    const shown = renderFaults([fault({ line: 1, column: 3 })], new Map([['config/main.yaml', '\t a: b']]), {
      colour: false,
    }).split('\n')
    expect(shown[1]?.[shown[2]?.indexOf('^') ?? -1]).toBe('a')
  })

  it('colours only when told to', () => {
    const escape = String.fromCodePoint(27)
    expect(renderFaults([fault()], sources, { colour: true })).toContain(`${escape}[`)
    expect(renderFaults([fault()], sources, { colour: false })).not.toContain(escape)
  })
})
