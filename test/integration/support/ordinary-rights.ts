import { spawnSync } from 'node:child_process'

/**
 * A command by which others are run without root's right to read and write everything, so that a file's permissions count:
 * nothing where we are no root, null where that right cannot be given up.
 */
export const ordinaryRights: readonly string[] | null = withoutPrivilege()

function withoutPrivilege(): readonly string[] | null {
  if (process.getuid?.() !== 0) return []
  const without = '--bounding-set=-dac_override,-dac_read_search'
  return spawnSync('setpriv', [without, 'true']).status === 0 ? ['setpriv', without] : null
}
