import { ERRORS, type ErrorCode, OnclockError, messageOf } from '../../pipeline/errors.ts'
import type { View } from '../command.ts'

/** What went wrong and what to do next; the stack only where it is asked for. A bug of ours says so. */
export function errorView(error: unknown, options: { readonly verbose: boolean }): View {
  return ({ colours }) => {
    const lines: string[] = []
    if (error instanceof OnclockError) {
      lines.push(`${colours.red('✖')} ${colours.bold(error.code)}  ${error.message.trimEnd()}`)
      if (error.hint !== undefined) lines.push(...error.hint.split('\n').map((line) => `  ${colours.cyan('→')} ${line}`))
    } else {
      lines.push(`${colours.red('✖')} ${colours.bold('UNEXPECTED')}  ${messageOf(error)}`)
      lines.push(
        `  ${colours.cyan('→')} This is a bug of onclock. ${options.verbose ? 'Please report it with the lines below.' : 'Run the command again with -v and report what it prints.'}`,
      )
    }
    if (options.verbose) lines.push(...stacks(error).map((line) => colours.dim(line)))
    return lines.join('\n')
  }
}

/** The same for programs. */
export function errorJson(error: unknown): { readonly error: { code: string; message: string; hint?: string } } {
  if (!(error instanceof OnclockError)) return { error: { code: 'UNEXPECTED', message: messageOf(error) } }
  return { error: { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) } }
}

/** The exit code of an error: language page, section 5. */
export function exitOf(error: unknown): number {
  return error instanceof OnclockError ? ERRORS[error.code].exit : ERRORS.UNEXPECTED.exit
}

/** The exit code of a code that came out of a record or over the wire; a code of the author's own is a failed run. */
export function exitOfCode(code: string): number {
  return code in ERRORS ? ERRORS[code as ErrorCode].exit : 1
}

function stacks(error: unknown): string[] {
  const lines: string[] = []
  for (let current = error; current instanceof Error; current = current.cause) {
    if (lines.length > 0) lines.push('caused by:')
    lines.push(...(current.stack ?? String(current)).split('\n'))
  }
  return lines
}
