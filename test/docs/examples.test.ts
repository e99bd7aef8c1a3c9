import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLEAN_STEPS } from '../../activities/vocabulary/clean-schema.ts'
import { columnTypeSchema } from '../../activities/vocabulary/column-type-schema.ts'
import { conditionShape } from '../../activities/vocabulary/condition-schema.ts'
import { configOf } from '../activities/stages/rule-based-filtering/run-rules.ts'
import { examplesOf, pagePaths, readPage } from './pages.ts'
import { type DocsProject, faultsOf, openDocsProject, whatHappens } from './try-example.ts'

const pages = pagePaths().filter((page) => examplesOf(page).length > 0)

describe.each(pages)('the YAML of %s', (page) => {
  let project: DocsProject
  beforeAll(async () => {
    project = await openDocsProject(page)
  })
  afterAll(() => project.close())

  const examples = examplesOf(page).map((example) => [example.fence.line, example] as const)

  it.each(examples)('on line %i is valid', async (_, { fence }) => {
    expect(await faultsOf(project, fence.text)).toEqual([])
  })

  it.each(examples.filter(([, { table }]) => table !== null))(
    'on line %i does to rows what its table says',
    async (_, { fence, table }) => {
      const rows = table?.rows ?? []
      expect(await whatHappens(project, fence.text, table ?? { columns: [], types: {}, rows })).toEqual(
        rows.map(({ happens }) => happens),
      )
    },
  )
})

describe('the page of rules', () => {
  const examples = examplesOf('docs/rules.md')

  it('shows with each table a row that is stopped and one that is let through', () => {
    const oneSided = examples.filter(({ fence, table }) => {
      const passing = table?.rows.filter(({ happens }) => /^(?:passes$|leaves with )/.test(happens)).length ?? 0
      return !/action: fail|^checks:/m.test(fence.text) && (passing === 0 || passing === table?.rows.length)
    })
    expect(oneSided.map(({ fence }) => fence.line)).toEqual([])
  })

  it('has every word of the language in an example', () => {
    const shown = new Set(examples.flatMap(({ fence }) => wordsIn(configOf(fence.text))))
    const shapeWords = ['derive', 'sample', 'top', 'sort', 'select', 'drop', 'rows', 'share', 'seed', 'per']
    const frame = [
      'id',
      'action',
      'budget',
      'message',
      'unique',
      'lists',
      'let',
      'score',
      'defaults',
      'by',
      'keep',
      'order_by',
      ...shapeWords,
      'clear',
      'clamp',
      'set',
    ]
    const missing = [...Object.keys(conditionShape), ...frame, ...CLEAN_STEPS, ...columnTypeSchema.options].filter(
      (word) => !shown.has(word) && !shown.has(word.replace(/^not_/, '')) && !shown.has(`not_${word}`),
    )
    // Any text is of these types, so that no row can be stopped by them.
    expect(missing).toEqual(['text', 'id', 'enum'].filter((word) => !shown.has(word)))
    expect(readPage('docs/rules.md')).toContain('`text`, `id` and `enum` are any text')
  })
})

/** Keys and words at any depth. */
function wordsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  const keys = Array.isArray(value) ? [] : Object.keys(value)
  return [...keys, ...Object.values(value).flatMap(wordsIn)]
}
