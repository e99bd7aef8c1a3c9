import { type ColumnNames, nameColumns } from './sniff-header.ts'

interface Table {
  /** The records below the header that were looked at. */
  readonly records: number
  /** The commonest number of fields among them, and how many have it. */
  readonly width: number
  readonly regular: number
  /** Whether all cells behind the header's last column are empty. */
  readonly emptyBehind: boolean
}

/**
 * The columns of a file whose header may have another number of fields than its records. A delimiter too many at the end, of
 * the records or of the header, is nobody's column: the first gives one more that is empty, the second none. Any other
 * difference stays, is told, and leaves records to be rejected one by one.
 */
export function fitHeader(header: readonly string[], table: Table): ColumnNames {
  const { records, width, regular } = table
  const agreed = records > 0 && regular * 10 >= records * 9
  if (!agreed || width === header.length) return nameColumns(header)
  const said = `the header has ${header.length} fields, most records have ${width}`
  if (width > header.length && table.emptyBehind) {
    const { columns } = nameColumns([...header, ...Array.from({ length: width - header.length }, () => '')])
    const { warnings } = nameColumns(header)
    return { columns, warnings: [...warnings, `${said}, of which the last are empty: columns without a name were added`] }
  }
  if (width < header.length && header.slice(width).every((name) => name.trim() === '')) {
    const { columns, warnings } = nameColumns(header.slice(0, width))
    return { columns, warnings: [...warnings, `${said}; the last fields of the header are empty and were left out`] }
  }
  const { columns, warnings } = nameColumns(header)
  return { columns, warnings: [...warnings, `${said}: mend the header, or skip lines above the right one with skip_lines`] }
}
