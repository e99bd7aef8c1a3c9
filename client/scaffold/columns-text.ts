import type { FittedColumn, FittedInput } from './fit-columns.ts'

/** Lines of a file that needs no pinning: what most files are. */
const USUAL: readonly string[] = ['encoding: utf-8', "delimiter: ','", `quote: '"'`, 'header: true']

/** YAML lines that pin how a file is read, as it was found out. `unusual`: only what differs from most files. */
export function pinLines({ pins }: Pick<FittedInput, 'pins'>, which: 'all' | 'unusual'): string[] {
  return which === 'all' ? [...pins] : pins.filter((line) => !USUAL.includes(line))
}

/** The lines below `columns:`, one a column. `careful`: types alone, which reject nothing that the sample held. */
export function columnLines(columns: readonly FittedColumn[], which: 'careful' | 'all'): string[] {
  const widest = Math.max(0, ...columns.map((column) => scalar(column.name).length))
  const entries = columns.map((column) => ({ column, entry: entryOf(column, which) }))
  const longest = Math.max(0, ...entries.map(({ entry }) => entry.length))
  return entries.map(({ column, entry }) => {
    const key = `${scalar(column.name)}:`.padEnd(Math.min(widest, 40) + 1)
    const values = which === 'all' ? valuesOf(column) : null
    const remark = column.note ?? (values === null ? null : `in: ${values}`)
    return remark === null ? `${key} ${entry}` : `${key} ${entry.padEnd(longest)}   # ${remark}`
  })
}

function entryOf({ type, form, full }: FittedColumn, which: 'careful' | 'all'): string {
  const keys = Object.entries(form).map(([key, value]) => `${key}: ${value === true ? 'true' : scalar(value)}`)
  return `{${[`type: ${type}`, ...keys, ...(which === 'all' && full ? ['required: true'] : [])].join(', ')}}`
}

/** A set of values so small that it may be all there are; a comment, since the rest of the file may have others. */
function valuesOf({ values }: FittedColumn): string | null {
  return values === null ? null : `[${values.map(scalar).join(', ')}]`
}

/** A text as a YAML scalar that means this text in block and flow; quoted where it would mean something else. */
export function scalar(text: string): string {
  const plain = /^[A-Za-z_][\w ./-]*$/.test(text) && !text.endsWith(' ') && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
  return plain ? text : JSON.stringify(text)
}
