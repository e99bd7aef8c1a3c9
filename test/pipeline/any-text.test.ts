import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { parsePipeline } from '../../pipeline/parse-pipeline.ts'
import { readYaml } from '../../pipeline/read-yaml.ts'
import { renderFaults } from '../../pipeline/render-faults.ts'
import { fakeCatalog } from './fake-catalog.ts'

const folder = new URL('pipelines/', import.meta.url)
const texts = ['main.yaml', 'original.yaml', 'tiktok-nightly.yaml'].map((name) => readFileSync(new URL(name, folder), 'utf8'))

/** What a slip of the hand puts into a YAML file, or takes out of it. */
const slip = fc.record({
  place: fc.nat(5000),
  put: fc.constantFrom(
    '*',
    '&',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '#',
    ': ',
    ':',
    '- ',
    '\t',
    '\n',
    '@',
    '!',
    '%',
    '|',
    '> ',
    '\\',
    ',',
    '~',
    '${',
    '<<: ',
    'é',
    '',
  ),
  remove: fc.nat(3),
})

const withSlips = fc
  .tuple(fc.constantFrom(...texts), fc.array(slip, { minLength: 1, maxLength: 4 }))
  .map(([text, slips]) =>
    slips.reduce(
      (text, { place, put, remove }) => text.slice(0, place % text.length) + put + text.slice((place % text.length) + remove),
      text,
    ),
  )

describe('parsePipeline on any text', () => {
  it('answers with a pipeline or with faults that have a place in the text', async () => {
    await fc.assert(
      fc.asyncProperty(withSlips, async (text) => {
        const result = await parsePipeline(text, { file: 'p.yaml', catalog: fakeCatalog(), env: {} })
        const faults = result.ok ? result.warnings : result.faults
        if (!result.ok) expect(faults.length).toBeGreaterThan(0)
        const lines = text.split('\n')
        for (const fault of faults) {
          expect(fault.line).toBeGreaterThanOrEqual(1)
          expect(fault.line).toBeLessThanOrEqual(lines.length)
          expect(fault.column).toBeGreaterThanOrEqual(1)
          expect(fault.column).toBeLessThanOrEqual((lines[fault.line - 1] ?? '').length + 2)
          expect(fault.message).not.toMatch(/undefined|\[object|NaN/)
        }
        expect(renderFaults(faults, new Map([['p.yaml', text]]), { colour: false })).not.toBe('')
      }),
      { numRuns: 300, seed: 7 },
    )
  })
})

describe('readYaml on any text', () => {
  it('finds no fault exactly where the YAML library finds none, unless an alias leads nowhere', () => {
    fc.assert(
      fc.property(withSlips, (text) => {
        const library = parseDocument(text)
        const { faults, document } = readYaml(text, 'p.yaml')
        if (library.errors.length > 0 || library.warnings.length > 0) expect(faults.length).toBeGreaterThan(0)
        else if (faults.length > 0) expect(text).toContain('*')
        if (faults.length === 0) expect(document?.toJS({ maxAliasCount: 1000 })).toEqual(library.toJS({ maxAliasCount: 1000 }))
      }),
      { numRuns: 300, seed: 11 },
    )
  })
})
