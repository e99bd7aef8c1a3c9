import { describe, expect, it } from 'vitest'
import { readYaml } from '../../pipeline/read-yaml.ts'

const read = (text: string) => {
  const { document, faults } = readYaml(text, 'p.yaml')
  return {
    value: document === null ? null : (document.toJS() as unknown),
    faults: faults.map(({ line, column, code, message, hint }) => ({ at: `${line}:${column}`, code, message, hint })),
  }
}

describe('readYaml', () => {
  it('reads YAML 1.2 without a fault', () => {
    expect(read("a: [1, no, 0x1F, '*']\nb: {c: ~}\n# d\n")).toEqual({
      value: { a: [1, 'no', 31, '*'], b: { c: null } },
      faults: [],
    })
  })

  it.each([
    // What people write, what is meant, where the fault is, and the line as it should be.
    ['files: *.csv', { files: '*.csv' }, '1:8', "files: '*.csv'", 'a value that begins with * is an alias in YAML'],
    ['cron: */5 * * * *', { cron: '*/5 * * * *' }, '1:7', "cron: '*/5 * * * *'", 'is an alias'],
    ['warn: > 1%', { warn: '> 1%' }, '1:7', "warn: '> 1%'", 'a value that begins with > or | is a block of lines in YAML'],
    ['warn: >1%', { warn: '>1%' }, '1:7', "warn: '>1%'", 'block of lines'],
    ['a: | x', { a: '| x' }, '1:4', "a: '| x'", 'block of lines'],
    ['in: @x', { in: '@x' }, '1:5', "in: '@x'", 'a value cannot begin with @ or ` in YAML'],
    ['a: `x`', { a: '`x`' }, '1:4', "a: '`x`'", 'cannot begin with'],
    ['a: %x', { a: '%x' }, '1:4', "a: '%x'", 'a value cannot begin with % in YAML'],
    ['a: !x y', { a: '!x y' }, '1:4', "a: '!x y'", 'a value that begins with ! is a tag in YAML'],
    [
      'matches: [^<>]*$',
      { matches: '[^<>]*$' },
      '1:10',
      "matches: '[^<>]*$'",
      'a list in YAML, and this one does not end as a list',
    ],
    ['a: {m: [^<>]*$, n: 1}', { a: { m: '[^<>]*$', n: 1 } }, '1:8', "a: {m: '[^<>]*$', n: 1}", 'does not end as a list'],
    ['a: {b} c', { a: '{b} c' }, '1:4', "a: '{b} c'", 'a mapping in YAML, and this one does not end as a mapping'],
    [String.raw`m: "\d+"`, { m: String.raw`\d+` }, '1:4', String.raw`m: '\d+'`, 'a backslash in double quotes begins an escape'],
    [String.raw`a: {b: "x\."}`, { a: { b: String.raw`x\.` } }, '1:8', String.raw`a: {b: 'x\.'}`, 'a backslash'],
    [
      String.raw`m: "it's \"\\d"x`,
      { m: String.raw`"it's \"\\d"x` },
      '1:4',
      String.raw`m: '"it''s \"\\d"x'`,
      'after the closing quote',
    ],
    ['null_tokens: [NA, ~, -]', { null_tokens: ['NA', null, '-'] }, '1:22', "null_tokens: [NA, ~, '-']", 'a - by itself'],
    ['c: {f: ${params.x}}', { c: { f: '${params.x}' } }, '1:8', "c: {f: '${params.x}'}", 'brackets inside […] or {…}'],
    ['c: {f: ${params.x}, g: 1}', { c: { f: '${params.x}', g: 1 } }, '1:8', "c: {f: '${params.x}', g: 1}", 'brackets inside'],
    [String.raw`a: [\d{3}, x]`, { a: [String.raw`\d{3}`, 'x'] }, '1:5', String.raw`a: ['\d{3}', x]`, 'brackets inside'],
    ['a: b: c', { a: 'b: c' }, '1:4', "a: 'b: c'", 'a colon followed by a space makes a mapping'],
    ["a: 'it's'", { a: "it's" }, '1:4', "a: 'it''s'", 'a single quote inside single quotes is written twice'],
    ['a: "x" y', { a: '"x" y' }, '1:4', `a: '"x" y'`, 'text goes on after the closing quote'],
    ['a: - b', { a: '- b' }, '1:4', "a: '- b'", 'a - by itself begins an item of a list'],
    ['a: {b: ?}', { a: { b: '?' } }, '1:8', "a: {b: '?'}", 'a ? by itself begins a key'],
    ['a: &b &c 1', { a: '&b &c 1' }, '1:4', "a: '&b &c 1'", 'a value that begins with & is an anchor'],
    ['a: {b: 1, c: #}', { a: { b: 1, c: '#' } }, '1:14', "a: {b: 1, c: '#'}", 'a # after a space begins a comment'],
    ['a: {b: #, c: 1}', { a: { b: '#', c: 1 } }, '1:8', "a: {b: '#', c: 1}", 'a # after a space begins a comment'],
    ['a: ,b', { a: ',b' }, '1:4', "a: ',b'", 'cannot begin with a comma'],
    ['a: ]', { a: ']' }, '1:4', "a: ']'", 'cannot begin with a closing bracket'],
    ['- *.csv # all', ['*.csv'], '1:3', "- '*.csv' # all", 'is an alias'],
  ])('mends %s', (...[text, value, at, line, message]) => {
    const found = read(`${text}\n`)
    expect(found.value).toEqual(value)
    expect(found.faults).toMatchObject([{ at, code: 'yaml_quotes', hint: `Put it in single quotes: ${line}` }])
    expect(found.faults[0]?.message).toContain(message)
  })

  it.each([
    ['a: [1, 2\nb: 3', { a: '[1, 2', b: 3 }, '1:4', 'a list that begins with [ is not closed with ]', "a: '[1, 2'"],
    ['a: {x: 1\nb: 2', { a: '{x: 1', b: 2 }, '1:4', 'a mapping that begins with { is not closed with }', "a: '{x: 1'"],
    ['a: "x\nb: 1', { a: 'x', b: 1 }, '1:4', 'a text that begins with " is not closed', "a: 'x'"],
    ["a: {b: 'x}\nc: 1", { a: { b: 'x' }, c: 1 }, '1:8', "a text that begins with ' is not closed", "a: {b: 'x'}"],
  ])('says of %j where it was opened', (...[text, value, at, message, line]) => {
    expect(read(text)).toEqual({
      value,
      faults: [{ at, code: 'yaml_quotes', message, hint: `Close it, or put it in single quotes: ${line}` }],
    })
  })

  it('finds every slip of a file at once, with places as they were written', () => {
    const { value, faults } = read(
      'a:\n  - {in: @x, b: 1}   # c\n  - {m: [^<>]*$, n: *y}\r\nb: *x\ne: {f: ${params.x}, f: 2}\ng: *.csv\n',
    )
    expect(faults.map(({ at, code }) => `${at} ${code}`)).toEqual([
      '2:10 yaml_quotes',
      '3:9 yaml_quotes',
      '3:21 yaml_quotes',
      '4:4 yaml_quotes',
      '5:8 yaml_quotes',
      '6:4 yaml_quotes',
      '5:21 duplicate_key',
    ])
    expect(value).toMatchObject({
      a: [
        { in: '@x', b: 1 },
        { m: '[^<>]*$', n: '*y' },
      ],
      b: '*x',
      g: '*.csv',
    })
  })

  it('shows only the value of a very long line', () => {
    const { faults } = read(`a: [${'x, '.repeat(60)}@y]`)
    expect(faults[0]?.hint).toBe("Put it in single quotes: '@y'")
  })

  it.each([
    ['a:\n\tb: 1\n\tc: 2', { a: { b: 1, c: 2 } }, ['2:1', '3:1']],
    ['a:\n  \tb: 1', { a: { b: 1 } }, ['2:3']],
  ])('says that a tab cannot indent: %j', (text, value, places) => {
    const found = read(text)
    expect(found.value).toEqual(value)
    expect(found.faults.map(({ at }) => at)).toEqual(places)
    expect(found.faults[0]).toMatchObject({
      code: 'yaml_tab',
      message: 'a tab cannot indent in YAML',
      hint: 'Indent with spaces',
    })
  })

  it('goes on looking below a tab that no spaces mend', () => {
    const found = read('a: 1\n\tb: 1\nc: *x')
    expect(found.value).toBeNull()
    expect(found.faults.map(({ at, code }) => `${at} ${code}`)).toEqual(['2:1 yaml_tab', '3:4 yaml_quotes'])
  })

  it.each([
    ['b:2\nc: 3', { b: 2, c: 3 }, '1:3'],
    ['a:\n  c: 3\n  b:2', { a: { c: 3, b: 2 } }, '3:5'],
  ])('finds the space that is missing after a colon: %j', (text, value, at) => {
    expect(read(text)).toEqual({
      value,
      faults: [{ at, code: 'yaml_syntax', message: 'a space is missing after the colon', hint: 'Write b: 2' }],
    })
  })

  it.each([
    [
      'a: 1\n  b: 2',
      '2:3',
      'this line is indented below a key that has a value already',
      'Give it the indentation of the lines it belongs with',
    ],
    ['a:\n    b: 1\n  c: 2', '3:3', 'the indentation fits nothing above', 'Give it the indentation of the lines it belongs with'],
    ['a:\n  b: 1\n  stages', '3:3', 'this is no key with a value, and no item of a list', 'A key ends with a colon: stages:'],
    ['- a\nb: 1', '2:1', 'something stands here that cannot stand here', null],
    [
      'a: > x\n  y',
      '1:6',
      'something stands here that cannot stand here',
      'Put the value in single quotes if it is meant as text',
    ],
    ['a: [1,\n  2', '1:4', 'a list that begins with [ is not closed with ]', 'Close it, or put the text in single quotes'],
    [
      'a: {b: 1,\n  c: 2',
      '1:4',
      'a mapping that begins with { is not closed with }',
      'Close it, or put the text in single quotes',
    ],
    ['%x: 1', '1:1', 'unknown directive %x:', null],
  ])('gives up on %j with a place and words of its own', (text, at, message, hint) => {
    const found = read(text)
    expect(found.value).toBeNull()
    expect(found.faults[0]).toMatchObject({ at, code: 'yaml_syntax', message, hint })
  })

  it('names a key that is written twice, and goes on', () => {
    expect(read('a: 1\n"b c": 2\n"b c": 3')).toEqual({
      value: { a: 1, 'b c': 3 },
      faults: [{ at: '3:1', code: 'duplicate_key', message: 'key "b c" is written twice', hint: 'Keep one of them' }],
    })
  })

  it('takes several documents for a fault', () => {
    expect(read('a: 1\n---\nb: 2').faults).toEqual([
      {
        at: '2:1',
        code: 'several_documents',
        message: 'the file holds several YAML documents',
        hint: 'A file is one pipeline: take out the line ---',
      },
    ])
  })

  it('does not take long over a file that is no YAML at all', () => {
    const text = Array.from({ length: 400 }, (_, line) => `} line ${line} [*&`).join('\n')
    const start = performance.now()
    expect(read(text).faults.length).toBeLessThanOrEqual(21)
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it('mends nothing in a text of many characters', () => {
    const found = read(`a: *x\nb: '${'y'.repeat(300_001)}'`)
    expect(found).toEqual({
      value: null,
      faults: [{ at: '1:4', code: 'yaml_syntax', message: 'this alias names no anchor above it', hint: null }],
    })
  })

  it('takes a byte order mark and Windows line ends for nothing', () => {
    expect(read('\uFEFFa: 1\r\nb: *x\r\n').faults.map(({ at }) => at)).toEqual(['2:4'])
  })
})
