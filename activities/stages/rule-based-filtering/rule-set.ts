import type { ConfigIssue } from '../../../pipeline/catalog.ts'
import type { CheckSpec } from '../../checks/check-schema.ts'
import type { Budget } from '../../vocabulary/amount-schema.ts'
import type { Entries } from '../../vocabulary/column-checks-schema.ts'
import type { CleanStep } from '../../vocabulary/clean-schema.ts'
import { type Surroundings } from '../../vocabulary/compile-condition.ts'
import type { Condition } from '../../vocabulary/condition-schema.ts'
import type { RulesSpec } from './config.ts'
import type { OUTLIER_KEYS, OutlierSpec } from './outlier-schema.ts'
import type { Action, RuleSpec } from './rule-schema.ts'
import { readRulesFile, type RulesFile } from './rules-file.ts'
import type { SimilarSpec } from './similar-schema.ts'
import type { ShapeSpec } from './shape-schema.ts'
import type { ValueSpec } from './value-schema.ts'

type Path = readonly (string | number)[]

/** What `unique` or `similar` says, with lists made of single names. */
export interface Unique {
  readonly by: readonly string[]
  readonly keep: 'first' | 'last' | 'none'
  readonly orderBy: readonly { readonly column: string; readonly descending: boolean }[]
  readonly as: readonly CleanStep[]
  readonly when: Condition | null
  /** Rows without any key are the same as one another. */
  readonly emptyIsSame: boolean
  /** Of `similar`: what rows must have in common to be compared, and the least share of their texts. */
  readonly similar: { readonly per: readonly string[]; readonly atLeast: string } | null
}

/** An `outlier` or `not_outlier` of a rule. */
interface RuleOutlier {
  readonly key: (typeof OUTLIER_KEYS)[number]
  readonly spec: OutlierSpec
}

/** One rule with everything that defaults say for it. */
export interface Rule {
  readonly id: string
  /** `duplicate`: a `unique` or `similar` without an action. */
  readonly action: Action | 'duplicate'
  /** The text of `action: {set: …}`. */
  readonly put: string | null
  /** Beside `unique` and `similar` it must check nothing. */
  readonly condition: Condition
  readonly around: Surroundings
  readonly unique: Unique | null
  readonly outliers: readonly RuleOutlier[]
  readonly budget: Budget
  readonly message: string | null
  readonly origin: Origin
  /** Whether faults of form were cut out of it: what is missing then is no fault of its own. */
  readonly isCut: boolean
}

/** A value per row under a name. */
export interface NamedValue {
  readonly name: string
  readonly spec: ValueSpec
  readonly around: Surroundings
  readonly origin: Origin
}

/** A check of the whole output. */
export interface OutputCheck {
  readonly spec: CheckSpec
  readonly origin: Origin
}

/** Where something is written: in the config, or in the rules file. */
export interface Origin {
  readonly path: Path
  readonly file: RulesFile | null
}

export interface RuleSet {
  readonly rules: readonly Rule[]
  readonly lists: Readonly<Record<string, Entries>>
  readonly listOrigins: Readonly<Record<string, Origin>>
  readonly lets: readonly NamedValue[]
  readonly checks: readonly OutputCheck[]
  /** What happens to the rows that no rule stops; `derives` are its columns with what they take from defaults. */
  readonly shape: { readonly spec: ShapeSpec; readonly derives: readonly NamedValue[] }
  /** Faults of the rules file. */
  readonly issues: readonly ConfigIssue[]
}

const NONE: ReadonlySet<number> = new Set()

/**
 * All rules of a config: those of the rules file first, each with the defaults of the place it is written in. `cut` are the
 * places of rules that are not whole.
 */
export function ruleSetOf(
  config: RulesSpec & ShapeSpec & { readonly rules_file?: string | undefined },
  projectDir: string,
  cut = NONE,
): RuleSet {
  const file = config.rules_file === undefined ? null : readRulesFile(config.rules_file, projectDir)
  const sources = [...(file === null ? [] : [{ spec: file.spec, file, cut: file.cut }]), { spec: config, file: null, cut }]
  return {
    rules: sources.flatMap(({ spec, file, cut: cutOnes }) =>
      (spec.rules ?? []).map((rule, index) => ({
        ...ruleOf(rule, spec.defaults ?? {}, { path: ['rules', index], file }),
        isCut: cutOnes.has(index),
      })),
    ),
    lists: Object.assign({}, ...sources.map(({ spec }) => spec.lists ?? {})) as Record<string, Entries>,
    listOrigins: Object.fromEntries(
      sources.flatMap(({ spec, file }) => Object.keys(spec.lists ?? {}).map((name) => [name, { path: ['lists', name], file }])),
    ),
    lets: sources.flatMap(({ spec, file }) =>
      Object.entries(spec.let ?? {}).map(([name, value]) => ({
        name,
        spec: value,
        around: aroundOf(spec.defaults ?? {}),
        origin: { path: ['let', name], file },
      })),
    ),
    checks: sources.flatMap(({ spec, file }) =>
      (spec.checks ?? []).map((check, index) => ({ spec: check, origin: { path: ['checks', index], file } })),
    ),
    shape: shapeOf(config),
    issues: file?.issues ?? [],
  }
}

function shapeOf({ derive, sample, top, sort, select, defaults = {} }: RulesSpec & ShapeSpec): RuleSet['shape'] {
  return {
    spec: { derive, sample, top, sort, select },
    derives: Object.entries(derive ?? {}).map(([name, spec]) => ({
      name,
      spec,
      around: aroundOf(defaults),
      origin: { path: ['derive', name], file: null },
    })),
  }
}

type Defaults = NonNullable<RulesSpec['defaults']>

const aroundOf = ({ column, columns, as, match, nulls }: Defaults): Surroundings => ({ column, columns, as, match, nulls })

function ruleOf(spec: RuleSpec, defaults: Defaults, origin: Origin): Omit<Rule, 'isCut'> {
  const { id, unique, similar, outlier, not_outlier, action, budget = {}, message = null, ...condition } = spec
  const outliers = Object.entries({ outlier, not_outlier }).flatMap(([key, found]) =>
    found === undefined ? [] : [{ key: key as RuleOutlier['key'], spec: found }],
  )
  const base = {
    id,
    around: aroundOf(defaults),
    budget,
    message,
    origin,
    condition,
    outliers,
    put: putOf(action ?? defaults.action),
  }
  const together = unique === undefined ? similarOf(similar, spec) : uniqueOf(unique, spec, defaults)
  if (together === null) return { ...base, action: actionOf(action ?? defaults.action) ?? 'filter', unique: null }
  return { ...base, action: actionOf(action) ?? 'duplicate', unique: together }
}

const actionOf = (action: RuleSpec['action']): Action | undefined => (typeof action === 'object' ? 'set' : action)
const putOf = (action: RuleSpec['action']): string | null => (typeof action === 'object' ? String(action.set) : null)

/** Whether a rule's action leaves rows out. */
export const stopsRows = ({ action }: Pick<Rule, 'action'>): boolean =>
  action === 'reject' || action === 'filter' || action === 'duplicate'

function uniqueOf(unique: NonNullable<RuleSpec['unique']>, spec: RuleSpec, defaults: Defaults): Unique {
  return {
    by: namesOf(unique.by),
    keep: unique.keep ?? 'first',
    orderBy: orderOf(unique.order_by),
    as: unique.as ?? spec.as ?? defaults.as ?? [],
    when: spec.when ?? null,
    emptyIsSame: unique.empty === 'same',
    similar: null,
  }
}

function similarOf(similar: SimilarSpec | undefined, spec: RuleSpec): Unique | null {
  if (similar === undefined) return null
  const { by, per = [], at_least: atLeast = '85%', keep = 'first' } = similar
  const orderBy = orderOf(similar.order_by)
  const common = { per: namesOf(per), atLeast }
  return { by: namesOf(by), keep, orderBy, as: [], when: spec.when ?? null, emptyIsSame: false, similar: common }
}

/** One name or several, as a list. */
export const namesOf = (names: string | readonly string[]): readonly string[] => (typeof names === 'string' ? [names] : names)
/** `-views` is the order from the largest to the smallest. */
export const orderOf = (names: string | readonly string[] = []): Unique['orderBy'] =>
  namesOf(names).map((name) =>
    name.startsWith('-') ? { column: name.slice(1), descending: true } : { column: name, descending: false },
  )

/** An issue where it is written. */
export function issueAt(origin: Origin, below: Path, words: Pick<ConfigIssue, 'code' | 'message' | 'hint'>): ConfigIssue {
  const path = [...origin.path, ...below]
  return origin.file === null ? { ...words, path } : { ...words, path: ['rules_file'], place: origin.file.placeOf(path) }
}
