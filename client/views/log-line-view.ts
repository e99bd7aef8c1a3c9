import type { View } from '../command.ts'
import type { LogLine } from '../follow/log-line.ts'

/** A log line as it is on file, so that console and file say the same; colour only tells what it is. */
export function logLineView(line: LogLine): View {
  return ({ colours }) => {
    if (line.time === null || line.level === null) return line.text
    const head = line.text.slice(0, line.text.length - line.message.length)
    const paint = { DEBUG: colours.dim, INFO: (text: string) => text, WARNING: colours.yellow, ERROR: colours.red }[line.level]
    return colours.dim(head) + paint(line.message)
  }
}
