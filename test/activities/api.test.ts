import { describe, expect, expectTypeOf, test } from 'vitest'
import { defineStage, type Row, z } from '../../activities/api.ts'
import { isDefinedStage } from '../../activities/modules/defined-stage.ts'

// The types are checked by `npm run check`; what is said here about them fails there.
describe('defineStage', () => {
  test('types the config by its schema, the inputs and outputs by their names', () => {
    const stage = defineStage({
      config: z.object({ weights: z.record(z.string(), z.number()), digits: z.number().default(1) }),
      inputs: ['videos', 'moods'],
      outputs: ['unknown'],
      rows: 'filter',
      async run({ config, inputs, outputs, reject }) {
        expectTypeOf(config).toEqualTypeOf<{ weights: Record<string, number>; digits: number }>()
        expectTypeOf<keyof typeof inputs>().toEqualTypeOf<'videos' | 'moods'>()
        expectTypeOf<keyof typeof outputs>().toEqualTypeOf<'unknown'>()
        for await (const row of inputs.videos.rows()) {
          expectTypeOf(row).toEqualTypeOf<Row>()
          await reject(row, { rule: 'none' })
        }
      },
    })
    expect(isDefinedStage(stage)).toBe(true)
    expect(stage).toMatchObject({ rows: 'filter', inputs: ['videos', 'moods'], outputs: ['unknown'], summary: null })
  })

  test('offers no way to leave rows out where none may be', () => {
    defineStage({
      rows: 'one-to-one',
      async run(stage) {
        expectTypeOf(stage).not.toHaveProperty('reject')
        expectTypeOf(stage).not.toHaveProperty('filter')
        expectTypeOf<keyof typeof stage.inputs>().toBeNever()
      },
    })
  })

  test('refuses what is no promise, and a cell that is no text', () => {
    // @ts-expect-error -- not one of the three
    defineStage({ rows: 'all', run: () => undefined })
    defineStage({
      rows: 'free',
      async run({ output }) {
        // @ts-expect-error -- an object would be written as [object Object]
        await output.write({ a: { b: 1 } })
      },
    })
  })
})

describe('isDefinedStage', () => {
  test.each([null, undefined, 'x', {}, () => true])('is false for %s', (value) => {
    expect(isDefinedStage(value)).toBe(false)
  })
})
