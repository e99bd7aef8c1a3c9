import { Readable, Writable } from 'node:stream'
import { runCommandLine } from '../../client/command-line.ts'

/** What a command left behind. */
export interface Typed {
  readonly exit: number
  readonly out: string
  readonly err: string
}

/** Types a command in a folder, in this process. */
export async function typed(
  cwd: string,
  argv: readonly string[],
  options: { stdin?: string; env?: Record<string, string> } = {},
): Promise<Typed> {
  const out = new Collected()
  const err = new Collected()
  const exit = await runCommandLine(argv, {
    stdin: Readable.from([options.stdin ?? '']),
    stdout: out,
    stderr: err,
    env: { ...process.env, ...options.env },
    cwd,
    onInterrupt: () => new AbortController().signal,
  })
  return { exit, out: out.text, err: err.text }
}

class Collected extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}
