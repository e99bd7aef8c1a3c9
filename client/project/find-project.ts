import { existsSync, readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'

/**
 * The root of the project: the folder named with `-C`, otherwise the nearest one at or above `cwd` that has a `config/` with
 * YAML in it, a `.onclock/` or a `package.json`; otherwise `cwd` itself.
 */
export function findProject(cwd: string, { fixed }: { readonly fixed: boolean }): string {
  if (fixed) {
    if (existsSync(cwd) && statSync(cwd).isDirectory()) return cwd
    throw new OnclockError('FILE_NOT_FOUND', `there is no folder ${cwd}`, { hint: 'It was named with -C.' })
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (isProject(folder)) return folder
    if (folder === dirname(folder) || folder === homedir()) return cwd
  }
}

function isProject(folder: string): boolean {
  return (
    ['.onclock', 'package.json'].some((name) => existsSync(join(folder, name))) || yamlFiles(join(folder, 'config')).length > 0
  )
}

/** Names of the YAML files in a folder, without the folder; none when there is no such folder. */
export function yamlFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => /\.ya?ml$/.test(entry.name) && !entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
  } catch {
    return []
  }
}
