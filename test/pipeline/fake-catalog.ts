import { z } from 'zod'
import type { ConfigCheck, ConfigRequest, StageCatalog } from '../../pipeline/catalog.ts'
import { configIssues } from '../../pipeline/config-issues.ts'
import type { DescribedStage } from '../../pipeline/json-schema.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import { suggest } from '../../pipeline/suggest.ts'

/** Numbers as the built-in stages take them: a number, or the source text of one that is compared with text. */
const scalar = z.union([z.string(), z.number(), z.boolean()])

const column = z.strictObject({
  type: z.enum(['text', 'id', 'integer', 'decimal']).describe('Type of the column.').optional(),
  min: z.union([z.number(), z.string().regex(/^\d/)]).optional(),
  max: z.union([z.number(), z.string().regex(/^\d/)]).optional(),
  required: z.boolean().optional(),
  units: z.boolean().optional(),
  clean: z.array(z.enum(['trim', 'lower'])).optional(),
  in: z.array(scalar).optional(),
})

const budget = z.strictObject({ warn: z.string().optional(), fail: z.string().optional() })

const fakeIntake: DescribedStage = {
  name: 'take_input_csv',
  aliases: ['src.01_take_input_csv'],
  summary: 'Reads a CSV file.',
  schema: z.strictObject({
    input_file: z.string().min(1).describe('The CSV file.'),
    output_file: z.string().optional(),
    encoding: z.string().optional(),
    delimiter: z.string().optional(),
    header: z.union([z.boolean(), z.string()]).optional(),
    null_tokens: z.array(z.string()).optional(),
    columns: z.record(z.string(), column).default({}),
    budget: budget.optional(),
  }),
}

interface Rule {
  id?: string | undefined
  all?: Rule[] | undefined
}

/** Recursive, as rules are. */
const rule: z.ZodType<Rule> = z.looseObject({
  id: z.string().describe('Name of the rule.').optional(),
  get all() {
    return z.array(rule).optional()
  },
})

const fakeRules: DescribedStage = {
  name: 'rule_based_filtering',
  aliases: ['src.02_rule_based_filtering'],
  summary: 'Keeps the rows that the rules describe.',
  schema: z.strictObject({
    input_file: z.string().optional(),
    output_file: z.string().optional(),
    rules_file: z.string().optional(),
    defaults: z.record(z.string(), z.unknown()).optional(),
    lists: z.record(z.string(), z.unknown()).optional(),
    let: z.record(z.string(), z.unknown()).optional(),
    rules: z.array(rule).optional(),
  }),
}

export const fakeStages = [fakeIntake, fakeRules]

/** Two built-ins, any Python module below `src.` or `.ts` file below `stages/`, and a record of what was checked. */
export function fakeCatalog(): StageCatalog & { readonly checked: ConfigRequest[][] } {
  const checked: ConfigRequest[][] = []
  return {
    checked,
    resolve: (module) => {
      const builtin = fakeStages.find((stage) => stage.name === module || stage.aliases.includes(module))
      if (builtin !== undefined) return { found: true, kind: 'builtin', module: builtin.name }
      if (module.startsWith('stages/')) return { found: true, kind: 'typescript', module }
      if (module.startsWith('src.') || module === 'evaluate') return { found: true, kind: 'python', module }
      const near = suggest(
        module,
        fakeStages.map((stage) => stage.name),
      )
      return {
        found: false,
        message: `no built-in stage is called "${module}"`,
        hint: near === null ? null : `Did you mean "${near}"?`,
      }
    },
    check: (requests) => {
      checked.push([...requests])
      return Promise.resolve(requests.map(checkOf))
    },
  }
}

function checkOf(request: ConfigRequest): ConfigCheck {
  const stage = fakeStages.find(({ name }) => request.kind === 'builtin' && name === request.module)
  if (stage === undefined) return { config: request.config, issues: [], files: [] }
  const parsed = stage.schema.safeParse(request.config)
  if (!parsed.success)
    return { config: request.config, issues: configIssues(parsed.error, request.config, stage.schema), files: [] }
  const rulesFile = request.config['rules_file']
  return { config: parsed.data as JsonObject, issues: [], files: typeof rulesFile === 'string' ? [rulesFile] : [] }
}
