/** The generated pages, by name below `docs/reference/`. Reads `dist/`. */
export function referencePages(): Promise<Map<string, string>>
