import type { Page } from './views/page.ts'

/** What every command is given. Commands return data; only the printer writes and only `main.ts` exits. */
export interface CommandContext {
  /** The folder that paths on the command line are relative to: `-C DIR`, or where the command was typed. */
  readonly cwd: string
  /** Root of the project: runs, logs and configs are below it. */
  readonly projectDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly yes: boolean
  /** A named profile of the Temporal configuration file. */
  readonly profile: string | undefined
  /** Whether progress can be drawn: people look at it. */
  readonly terminal: boolean
  /** A line of progress for people; nothing with `-q`. */
  readonly note: (line: string) => void
  /** What is drawn over and over again until the command ends; nothing without a terminal. */
  readonly live: LiveArea
  /** Announces that the command ends by itself on Ctrl-C or SIGTERM; without this it is ended. */
  readonly onInterrupt: () => AbortSignal
}

export interface LiveArea {
  draw(view: View): void
  clear(): void
}

/** Text made for a page of some width, with or without colour. */
export type View = (page: Page) => string

export interface CommandResult {
  /** Language page, section 5; 0 unless given. Of a stream it is known at its end. */
  readonly exit?: number | (() => number)
  /** Printed with `--json`, as one document. */
  readonly json?: unknown
  /** Printed without `--json`. */
  readonly text?: View
  /** Instead of both: one after the other as they come, each a line; with `--json` each is a JSON document. */
  readonly stream?: AsyncIterable<StreamItem>
  /** Said to people after the result, on stderr. */
  readonly notes?: readonly string[]
}

export interface StreamItem {
  readonly json: unknown
  readonly text: View
}
