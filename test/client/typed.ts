import { Readable, Writable } from 'node:stream'
import { runCommandLine } from '../../client/command-line.ts'

/** What a command left behind. */
export interface Typed {
  readonly exit: number
  readonly out: string
  readonly err: string
}

export interface TypeOptions {
  readonly stdin?: string
  readonly env?: { readonly [name: string]: string }
  /** Whether somebody looks: stderr is a terminal of this many columns. */
  readonly columns?: number
  readonly interrupt?: AbortSignal
}

/** Types a command in a folder, in this process. */
export async function typed(cwd: string, argv: readonly string[], options: TypeOptions = {}): Promise<Typed> {
  const out = new Collected()
  const err = options.columns === undefined ? new Collected() : new CollectedTerminal(options.columns)
  const exit = await runCommandLine(argv, {
    stdin: Readable.from([options.stdin ?? '']),
    stdout: out,
    stderr: err,
    env: { ...process.env, ...options.env },
    cwd,
    onInterrupt: () => options.interrupt ?? new AbortController().signal,
  })
  return { exit, out: out.text, err: err.text }
}

/** A stream that keeps what is written to it. */
export class Collected extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

/** The same as a terminal. */
export class CollectedTerminal extends Collected {
  readonly isTTY = true
  readonly rows = 30
  readonly columns: number

  constructor(columns: number) {
    super()
    this.columns = columns
  }
}
