import picocolors from 'picocolors'

/** What a view is drawn on: data in, text out, nothing else read. */
export interface Page {
  /** Columns; a line is not longer. */
  readonly width: number
  /** Lines that fit; Infinity where nobody scrolls. */
  readonly height: number
  readonly colours: Colours
  /** The clock of the reader, an IANA name. */
  readonly timezone: string
}

export type Colours = ReturnType<typeof picocolors.createColors>

/** A page, with colour only where asked. */
export function createPage(options: { width?: number; height?: number; colour?: boolean; timezone?: string } = {}): Page {
  return {
    width: options.width ?? Infinity,
    height: options.height ?? Infinity,
    colours: picocolors.createColors(options.colour ?? false),
    timezone: options.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  }
}
