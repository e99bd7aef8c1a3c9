import type { RunStatus, StageStatus } from '../../pipeline/record.ts'
import type { Colours } from './page.ts'

type Paint = (text: string) => string

/** A status as people read it: sign, words, colour. */
export function statusWords(status: RunStatus | StageStatus, colours: Colours): { sign: string; words: string; colour: Paint } {
  switch (status) {
    case 'completed':
      return { sign: '✔', words: 'completed', colour: colours.green }
    case 'reused':
      return { sign: '=', words: 'reused', colour: colours.green }
    case 'failed':
      return { sign: '✖', words: 'failed', colour: colours.red }
    case 'terminated':
      return { sign: '✖', words: 'terminated', colour: colours.red }
    case 'timed_out':
      return { sign: '✖', words: 'timed out', colour: colours.red }
    case 'cancelled':
      return { sign: '■', words: 'cancelled', colour: colours.yellow }
    case 'paused':
      return { sign: '‖', words: 'paused', colour: colours.yellow }
    case 'running':
      return { sign: '▶', words: 'running', colour: colours.cyan }
    case 'retrying':
      return { sign: '↻', words: 'retrying', colour: colours.yellow }
    case 'waiting':
      return { sign: '·', words: 'waiting', colour: colours.dim }
    case 'skipped':
      return { sign: '-', words: 'skipped', colour: colours.dim }
    default:
      return unreachable(status)
  }
}

function unreachable(status: never): never {
  throw new Error(`no words for the status ${String(status)}`)
}
