import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A fenced block: its language, what stands behind that (a file name), its text without the indent. */
export interface Fence {
  readonly language: string
  readonly file: string
  readonly text: string
  readonly line: number
}

/** A table whose last column says what happens to each row. */
export interface RowTable {
  readonly columns: readonly string[]
  /** Types that the intake gave the columns, by name: `views (integer)` in the head of the table. */
  readonly types: Readonly<Record<string, string>>
  readonly rows: readonly { readonly cells: readonly string[]; readonly happens: string }[]
}

/** A YAML fence with the table behind it, if there is one before the next fence. */
export interface Example {
  readonly page: string
  readonly fence: Fence
  readonly table: RowTable | null
}

/** Paths of all pages, relative to the root of the repository. */
export function pagePaths(): readonly string[] {
  const docs = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'))
  return ['README.md', 'ARCHITECTURE.md', ...docs.map((path) => `docs/${path}`).toSorted()]
}

export const readPage = (path: string): string => readFileSync(`${root}${path}`, 'utf8')

/** All fenced blocks of a page. */
export function fencesOf(text: string): readonly Fence[] {
  return [...text.matchAll(/^( *)```(\w+)?(?: +(\S+))?\n([\s\S]*?)^ *```$/gm)].map((found) => ({
    language: found[2] ?? '',
    file: found[3] ?? '',
    text: dedent(found[4] ?? ''),
    line: text.slice(0, found.index).split('\n').length,
  }))
}

/** The YAML of a page, each with its table. */
export function examplesOf(page: string): readonly Example[] {
  const text = readPage(page)
  return fencesOf(text)
    .filter(({ language }) => language === 'yaml')
    .map((fence) => ({ page, fence, table: tableBehind(text, fence.line) }))
}

function tableBehind(text: string, line: number): RowTable | null {
  const behind =
    text
      .split('\n')
      .slice(line)
      .join('\n')
      .split(/^ *```$/m)[1] ?? ''
  const [head, , ...rows] = behind
    .split(/^ *```/m)[0]!
    .split(/^#/m)[0]!
    .split('\n')
    .filter((row) => row.startsWith('|'))
    .map(cellsOf)
  if (head?.at(-1) !== 'what happens') return null
  const typed = head.slice(0, -1).map((cell) => /^(?<name>.*?)(?: \((?<type>\w+)\))?$/.exec(cell)?.groups ?? {})
  const types = Object.fromEntries(typed.flatMap(({ name = '', type }) => (type === undefined ? [] : [[name, type]])))
  return {
    columns: typed.map(({ name = '' }) => name),
    types,
    rows: rows.map((cells) => ({ cells: cells.slice(0, -1).map(cellText), happens: cells.at(-1) ?? '' })),
  }
}

/** The cells of a row of a table; an escaped bar is part of its cell. */
export const cellsOf = (row: string): string[] =>
  row
    .replace(/^\|\s*|\s*\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll(String.raw`\|`, '|'))

/** `(empty)` is an empty cell; in backticks blanks at the ends count. */
function cellText(cell: string): string {
  return cell === '(empty)' ? '' : cell.replace(/^`(.*)`$/, '$1')
}

function dedent(text: string): string {
  const indents = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.search(/\S/)]))
  const indent = Math.min(...indents)
  return text.replaceAll(new RegExp(`^ {${indent}}`, 'gm'), '')
}
