import { messageOf } from '../../pipeline/errors.ts'
import type { CommandResult, LiveArea, View } from '../command.ts'
import { errorView, errorJson } from '../views/error-view.ts'
import { createPage, type Page } from '../views/page.ts'
import { typedCommand } from './typed-command.ts'

export interface PrinterOptions {
  readonly stdout: Terminal
  readonly stderr: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

/** The one place that prints: data on stdout, everything else on stderr. */
export interface Printer {
  note(line: string): void
  result(result: CommandResult): Promise<void>
  error(error: unknown): void
  readonly live: LiveArea
  /** Resolves when everything is written. */
  flush(): Promise<void>
}

type Terminal = NodeJS.WritableStream & {
  readonly writableNeedDrain?: boolean
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

const LOG_LINE = /^\d{4}-\d\d-\d\dT/

/** A printer on two streams. Colour is used on terminals only, and never with NO_COLOR. */
export async function createPrinter(options: PrinterOptions): Promise<Printer> {
  const { stdout, stderr, json, quiet, verbose } = options
  const live = isTerminal(stderr) && !quiet ? await drawOn(stderr, options.env) : NOTHING_LIVE
  const put = (stream: NodeJS.WritableStream, text: string): void => {
    if (text !== '') stream.write(text.endsWith('\n') ? text : `${text}\n`)
  }
  const asTyped = typedCommand(options.env)
  // Only for people: what a script reads stays the same on every machine, and a line of the log is as it is in the file.
  const typed = (stream: Terminal, text: string): string => (isTerminal(stream) && !LOG_LINE.test(text) ? asTyped(text) : text)
  const note = (line: string): void => {
    if (quiet) return
    live.above(typed(stderr, line))
    if (live === NOTHING_LIVE) put(stderr, typed(stderr, line))
  }
  const show = (view: View, document: unknown): void =>
    put(stdout, json ? JSON.stringify(document, null, 2) : typed(stdout, view(pageOf(stdout, options.env))))
  return {
    note,
    live,
    async result(result) {
      live.clear()
      if (result.stream !== undefined)
        for await (const item of result.stream) {
          put(stdout, json ? JSON.stringify(item.json) : item.text(pageOf(stdout, options.env)))
          // A reader that is slower than we are must not make us keep what it has not read yet.
          if (stdout.writableNeedDrain === true) await drained(stdout)
        }
      else if (result.text !== undefined || result.json !== undefined) show(result.text ?? (() => ''), result.json ?? null)
      for (const line of result.notes ?? []) note(line)
    },
    error(error) {
      live.clear()
      if (json) put(stdout, JSON.stringify(errorJson(error), null, 2))
      put(stderr, typed(stderr, errorView(error, { verbose })(pageOf(stderr, options.env))))
    },
    flush: async () => {
      await Promise.all([drained(stdout), drained(stderr)])
    },
  }
}

interface Drawing extends LiveArea {
  /** Puts a line above what is drawn. */
  above(line: string): void
}

const NOTHING_LIVE: Drawing = { draw: () => undefined, clear: () => undefined, above: () => undefined }

/** Loaded only for a terminal: a command in a pipe need not pay for it. */
async function drawOn(stream: NodeJS.WritableStream, env: PrinterOptions['env']): Promise<Drawing> {
  const { createLogUpdate } = await import('log-update')
  let redraw: ReturnType<typeof createLogUpdate> | null = null
  let last = ''
  return {
    draw: (view) => {
      redraw ??= createLogUpdate(stream)
      last = view(pageOf(stream, env))
      redraw(last)
    },
    above: (line) => {
      if (redraw === null || last === '') stream.write(`${line}\n`)
      else {
        redraw.clear()
        stream.write(`${line}\n`)
        redraw(last)
      }
    },
    clear: () => {
      redraw?.clear()
      redraw?.done()
      redraw = null
      last = ''
    },
  }
}

/** The page of a stream: as wide as the terminal; without one nothing is cut. */
function pageOf(stream: Terminal, env: PrinterOptions['env']): Page {
  const terminal = isTerminal(stream)
  return createPage({
    ...(terminal ? { width: stream.columns ?? 80, height: stream.rows ?? 24 } : {}),
    colour: wantsColour(terminal, env),
    ...(env['TZ'] === undefined || env['TZ'] === '' ? {} : { timezone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
  })
}

function wantsColour(terminal: boolean, env: PrinterOptions['env']): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0'
  return terminal && env['TERM'] !== 'dumb'
}

/** Whether people look at the stream. */
export function isTerminal(stream: Terminal): boolean {
  return stream.isTTY === true
}

async function drained(stream: NodeJS.WritableStream): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write('', (error) => (error ? reject(new Error(messageOf(error), { cause: error })) : resolve()))
  })
}
