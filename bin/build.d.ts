/** Builds `dist/` when it is missing or older than a source. */
export function ensureBuilt(): void
