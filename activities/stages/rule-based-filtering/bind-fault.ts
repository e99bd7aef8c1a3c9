/** What DuckDB says of an expression that does not fit its columns, in one line: names and types, never a value. */
export function bindFault(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  return /^\w+ Error: (?<why>[^\n]*)/.exec(message)?.groups?.['why'] ?? 'it does not fit them'
}
