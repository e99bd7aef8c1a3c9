import type { DuckDBConnection } from '@duckdb/node-api'
import { didYouMean } from '../../pipeline/suggest.ts'
import { sqlText } from '../duckdb.ts'
import { CLOCK_FUNCTIONS, EXPR_FUNCTIONS, NUMBER_FUNCTIONS, RANDOM_FUNCTIONS } from './expr-functions.ts'

/** An expression that is safe to run over rows: it reads columns of the row and nothing else. */
export interface Expr {
  /** As written; put in brackets, on lines of its own. */
  readonly sql: string
  /** Names of the columns it reads, as written. */
  readonly columns: readonly string[]
  /** Columns that are added, multiplied or put in order, where text would be compared letter by letter. */
  readonly asNumbers: readonly string[]
}

export type ExprResult = { readonly expr: Expr } | { readonly fault: { readonly message: string; readonly hint: string | null } }

/**
 * Reads an expression of the checked SQL subset. DuckDB parses it; every node of its tree must be on our lists, so that no
 * subquery, file, clock, randomness or aggregate gets through.
 */
export async function parseExpr(connection: DuckDBConnection, text: string): Promise<ExprResult> {
  const reader = await connection.runAndReadAll(`SELECT json_serialize_sql(${sqlText(`SELECT ${bracketed(text)}`)})`)
  const tree = JSON.parse(String(reader.getRows()[0]?.[0])) as Serialized
  if (tree.error) return refused(`cannot be read as SQL: ${(tree.error_message ?? '').split('\n')[0] ?? ''}`)
  const item = onlyExpression(tree)
  if (item === null) return refused('must be one expression', 'Write what stands after SELECT, for one value.')
  const found = { columns: new Set<string>(), asNumbers: new Set<string>() }
  const fault = walk(item, found)
  if (fault !== null) return { fault }
  return { expr: { sql: bracketed(text), columns: [...found.columns], asNumbers: [...found.asNumbers] } }
}

/** The expression when the text was nothing else: no second statement or column, no FROM or WHERE smuggled in. */
function onlyExpression(tree: Serialized): Node | null {
  const [statement, ...more] = tree.statements ?? []
  const node = statement?.node
  const [item = null, ...others] = node?.select_list ?? []
  const isBare = node?.type === 'SELECT_NODE' && node.from_table?.type === 'EMPTY' && isEmptyNode(node)
  return isBare && more.length === 0 && others.length === 0 ? item : null
}

/** A comment at the end of the text must not swallow the bracket. */
const bracketed = (text: string): string => `(\n${text}\n)`

interface Serialized {
  readonly error: boolean
  readonly error_message?: string
  readonly statements?: readonly { readonly node?: SelectNode }[]
}

interface SelectNode {
  readonly type: string
  readonly select_list?: readonly Node[]
  readonly from_table?: { readonly type: string }
  readonly where_clause?: unknown
  readonly having?: unknown
  readonly qualify?: unknown
  readonly sample?: unknown
  readonly group_expressions?: readonly unknown[]
  readonly modifiers?: readonly unknown[]
}

interface Node {
  readonly class: string
  readonly type: string
  readonly function_name?: string
  readonly schema?: string
  readonly column_names?: readonly string[]
  readonly try_cast?: boolean
  readonly value?: { readonly type: { readonly id: string } }
  readonly cast_type?: { readonly id: string }
  readonly [key: string]: unknown
}

type Fault = { readonly message: string; readonly hint: string | null }
interface Found {
  readonly columns: Set<string>
  readonly asNumbers: Set<string>
}

function isEmptyNode(node: SelectNode): boolean {
  const clauses = [node.where_clause, node.having, node.qualify, node.sample]
  const lists = [node.group_expressions, node.modifiers]
  return clauses.every((clause) => clause === null || clause === undefined) && lists.every((list) => (list ?? []).length === 0)
}

const refused = (message: string, hint: string | null = null): { readonly fault: Fault } => ({ fault: { message, hint } })

function walk(node: Node, found: Found): Fault | null {
  const fault = faultOf(node)
  if (fault !== null) return fault
  if (node.class === 'COLUMN_REF') found.columns.add(node.column_names?.[0] ?? '')
  const children = childrenOf(node)
  if (readsNumbers(node) && !children.some(isTextConstant)) {
    for (const child of children) if (child.class === 'COLUMN_REF') found.asNumbers.add(child.column_names?.[0] ?? '')
  }
  for (const child of children) {
    const below = walk(child, found)
    if (below !== null) return below
  }
  return null
}

function faultOf(node: Node): Fault | null {
  switch (node.class) {
    case 'CONSTANT':
    case 'COMPARISON':
    case 'CONJUNCTION':
    case 'BETWEEN':
    case 'CASE':
      return null
    case 'COLUMN_REF':
      return columnFault(node.column_names ?? [])
    case 'OPERATOR':
      return OPERATORS.has(node.type) ? null : { message: 'uses lists or structs, which rows of a CSV do not have', hint: null }
    case 'CAST':
      return castFault(node)
    case 'FUNCTION':
      return functionFault(node)
    default:
      return { message: `must not have ${CLASS_WORDS[node.class] ?? 'this kind of SQL'}`, hint: CLASS_HINTS[node.class] ?? null }
  }
}

const OPERATORS = new Set([
  'OPERATOR_NOT',
  'OPERATOR_IS_NULL',
  'OPERATOR_IS_NOT_NULL',
  'OPERATOR_COALESCE',
  'OPERATOR_NULLIF',
  'COMPARE_IN',
  'COMPARE_NOT_IN',
])

const CLASS_WORDS: Readonly<Record<string, string>> = {
  SUBQUERY: 'a subquery',
  WINDOW: 'a window function',
  LAMBDA: 'a lambda',
  STAR: 'a *',
  PARAMETER: 'a parameter',
  POSITIONAL_REFERENCE: 'a column by its position',
  COLLATE: 'a collation',
}
const CLASS_HINTS: Readonly<Record<string, string>> = {
  SUBQUERY: 'Values of another file are compared by `in: {file: path.csv#column}`.',
  WINDOW: 'Rows are compared with one another by `unique`.',
  STAR: 'Name the columns.',
  PARAMETER: 'A parameter of the pipeline is written ${params.name}.',
  POSITIONAL_REFERENCE: 'Name the column; one that is called # is written "#".',
}

function columnFault(names: readonly string[]): Fault | null {
  const [name = '', ...more] = names
  if (more.length > 0)
    return {
      message: `reads "${names.join('.')}", a table and a column`,
      hint: `A column with a dot in its name is written in double quotes: "${names.join('.')}".`,
    }
  if (/^current_(?:date|time|timestamp)$|^localtime(?:stamp)?$/i.test(name)) {
    return { message: `must not read the clock (${name})`, hint: 'Write now: the time that is pinned at the start of the run.' }
  }
  return name.startsWith('__') ? { message: `reads "${name}", which is not a column of the input`, hint: null } : null
}

/** `TRY_CAST` gives NULL where a text is no number; `CAST` would end the run. Constants such as DATE '2024-01-31' are fine. */
function castFault(node: Node): Fault | null {
  const child = node['child'] as Node | undefined
  if (node.try_cast === true || child?.class === 'CONSTANT') return null
  return {
    message: 'must not CAST, which ends the run at the first value that does not fit',
    hint: 'Write TRY_CAST(… AS …), or give the column a type in the intake.',
  }
}

function functionFault(node: Node): Fault | null {
  const name = node.function_name ?? ''
  const plain = [null, undefined].includes(node['filter'] as null) && node['distinct'] !== true && (node.schema ?? '') === ''
  if (EXPR_FUNCTIONS.has(name) && plain) return null
  if (CLOCK_FUNCTIONS.has(name))
    return { message: `must not read the clock (${name})`, hint: 'Write now: the time that is pinned at the start of the run.' }
  if (RANDOM_FUNCTIONS.has(name))
    return { message: `must not be random (${name})`, hint: 'The same input must give the same bytes.' }
  if (/^(?:read_|glob$|parquet_|sniff_)/.test(name))
    return {
      message: `must not read files (${name})`,
      hint: 'Values of another file are compared by `in: {file: path.csv#column}`.',
    }
  return {
    message: `uses the function ${name}, which is not offered`,
    hint:
      didYouMean(name, EXPR_FUNCTIONS) ?? `Offered: ${[...EXPR_FUNCTIONS].filter((known) => /^[a-z]/.test(known)).join(', ')}`,
  }
}

const ORDERED = new Set([
  'COMPARE_GREATERTHAN',
  'COMPARE_LESSTHAN',
  'COMPARE_GREATERTHANOREQUALTO',
  'COMPARE_LESSTHANOREQUALTO',
  'COMPARE_BETWEEN',
])
const readsNumbers = (node: Node): boolean =>
  (node.class === 'FUNCTION' && NUMBER_FUNCTIONS.has(node.function_name ?? '')) || ORDERED.has(node.type)
const isTextConstant = (node: Node): boolean => node.class === 'CONSTANT' && node.value?.type.id === 'VARCHAR'

/** Every expression below a node, whatever key it hangs on. */
function childrenOf(node: Node): Node[] {
  return Object.entries(node).flatMap(([key, value]) => (key === 'value' || key === 'cast_type' ? [] : nodesIn(value)))
}

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn)
  if (typeof value !== 'object' || value === null) return []
  return 'class' in value && 'type' in value ? [value as Node] : Object.values(value).flatMap(nodesIn)
}
