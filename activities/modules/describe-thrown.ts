import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * What a stage threw, as kind and place: `TypeError in stages/score.ts:12`. Its own message may quote a cell ("cannot read
 * '…'") and so stays in the run's log; what is returned here travels through Temporal.
 */
export function describeThrown(error: unknown, projectDir: string): string {
  if (!(error instanceof Error)) return 'it threw something that is no Error'
  const place = placeIn(error.stack ?? '', projectDir)
  return place === null ? error.name : `${error.name} in ${place}`
}

/** The innermost frame that lies in the project. */
function placeIn(stack: string, projectDir: string): string | null {
  for (const [, where = '', line = ''] of stack.matchAll(/(?:at |\()(?:async )?((?:file:\/\/)?\/[^\s()]+?):(\d+):\d+\)?$/gm)) {
    const file = where.startsWith('file://') ? fileURLToPath(where.replace(/\?.*$/, '')) : where
    const inside = relative(projectDir, file)
    if (!inside.startsWith('..') && !inside.includes('node_modules')) return `${inside.split(sep).join('/')}:${line}`
  }
  return null
}
