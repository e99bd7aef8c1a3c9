/** A moment on the reader's clock: `2026-11-24 21:56:29`; without a zone, as `ls` shows it. */
export function localTime(iso: string, timezone: string): string {
  return new Date(iso).toLocaleString('sv-SE', { timeZone: timezone })
}
