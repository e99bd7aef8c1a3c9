import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { builtinStages } from '../../activities/stages/registry.ts'
import { columnChecksSchema } from '../../activities/vocabulary/column-checks-schema.ts'
import { createProgram } from '../../client/program.ts'
import { ERRORS, EXIT_CODES } from '../../pipeline/errors.ts'
import { fileSpec } from '../../pipeline/pipeline-file.ts'
import { referencePages } from '../../scripts/make-docs.js'

const folder = new URL('../../docs/reference/', import.meta.url)
const pages = referencePages({ ERRORS, EXIT_CODES, fileSpec, builtinStages, columnChecksSchema, createProgram })

describe('the reference', () => {
  it.each([...pages])('page %s is what the definitions say: otherwise run "npm run docs"', (name, text) => {
    const written = existsSync(new URL(name, folder)) ? readFileSync(new URL(name, folder), 'utf8') : ''
    expect(written, `docs/reference/${name} is out of date: run "npm run docs"`).toBe(text)
  })

  it('has no page that nothing generates', () => {
    expect(readdirSync(folder).toSorted()).toEqual([...pages.keys()].toSorted())
  })

  it.each([...pages])('page %s says of each key and option what it is', (_, text) => {
    const silent = text
      .split('\n')
      .filter((line) => /^\| .*\| +\|$/.test(line) && !/^\| (?:key|option|command|code|---)/.test(line))
    expect(silent).toEqual([])
  })

  it('says what each exit code of an error means', () => {
    const unknown = Object.values(ERRORS).filter(({ exit }) => !(exit in EXIT_CODES))
    expect(unknown).toEqual([])
  })
})
