import { statSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot, packageVersion } from '../activities/package-root.ts'

/** Tells one build of this package from another: a supervisor of another build runs other code than the command does. */
export function buildId(): string {
  try {
    return `${packageVersion} ${packageRoot} ${Math.round(statSync(join(packageRoot, 'dist', '.built')).mtimeMs)}`
  } catch {
    return `${packageVersion} ${packageRoot}`
  }
}
