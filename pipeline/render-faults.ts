import pc from 'picocolors'
import type { Fault } from './fault.ts'

export interface RenderOptions {
  readonly colour: boolean
}

type Colours = ReturnType<typeof pc.createColors>

/** Longer lines are cut around the caret. */
const WIDTH = 110

/**
 * Faults as people read them: `file:line:column  message`, the line in its frame with a caret, `→ hint`, and a count at the
 * end. `sources` holds the text of each file that is named, where it is known.
 */
export function renderFaults(faults: readonly Fault[], sources: ReadonlyMap<string, string>, options: RenderOptions): string {
  const colours = pc.createColors(options.colour)
  const blocks = faults.map((fault) => renderFault(fault, sources.get(fault.file), colours))
  return [...blocks, countLine(faults, colours)].join('\n\n')
}

function renderFault(fault: Fault, source: string | undefined, colours: Colours): string {
  const place = colours.cyan(`${fault.file}:${fault.line}:${fault.column}`)
  const paint = fault.severity === 'error' ? colours.red : colours.yellow
  const message = fault.severity === 'error' ? fault.message : `warning: ${fault.message}`
  const frame = source === undefined ? [] : codeFrame(fault, source, colours)
  const hint = fault.hint === null ? [] : [`  ${colours.green('→')} ${fault.hint}`]
  return [`${place}  ${paint(message)}`, ...frame, ...hint].join('\n')
}

/** The line before, the line with a caret below the column, and the line after. */
function codeFrame(fault: Fault, source: string, colours: Colours): string[] {
  const lines = source.split(/\r?\n/)
  if (fault.line > lines.length) return []
  const last = Math.min(lines.length, fault.line + 1)
  const width = String(last).length
  const from = Math.max(0, fault.column - 1 - WIDTH + 30)
  const frame: string[] = []
  for (let number = Math.max(1, fault.line - 1); number <= last; number++) {
    const text = cut(lines[number - 1] ?? '', from)
    if (number !== fault.line && text.trim() === '') continue
    const mark = number === fault.line ? colours.red('>') : ' '
    frame.push(`${mark} ${colours.dim(`${String(number).padStart(width)} |`)} ${text}`.trimEnd())
    if (number === fault.line)
      frame.push(
        `  ${' '.repeat(width)} ${colours.dim('|')} ${' '.repeat(fault.column - 1 - from + (from > 0 ? 1 : 0))}${colours.red('^')}`,
      )
  }
  return frame
}

function cut(line: string, from: number): string {
  const plain = line.replaceAll('\t', ' ')
  const rest = plain.slice(from)
  const shown = rest.length > WIDTH ? `${rest.slice(0, WIDTH - 1)}…` : rest
  return from > 0 ? `…${shown}` : shown
}

function countLine(faults: readonly Fault[], colours: Colours): string {
  const errors = faults.filter((fault) => fault.severity === 'error').length
  const warnings = faults.length - errors
  const parts = [
    ...(errors > 0 || warnings === 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ]
  return colours.bold(parts.join(', '))
}

const counted = (count: number, word: string): string => `${count === 0 ? 'no' : count} ${word}${count === 1 ? '' : 's'}`
