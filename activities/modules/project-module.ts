import { realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'

/**
 * The absolute path of a module's file. Refused is what lies outside the project, symbolic links followed: a stranger's
 * pipeline must not run code from elsewhere on the machine.
 */
export function findModuleFile(projectDir: string, kind: 'typescript' | 'python', module: string): string {
  const candidates = kind === 'typescript' ? [resolve(projectDir, module)] : pythonCandidates(projectDir, module)
  const path = candidates.find(isFile)
  if (path === undefined) {
    const where = kind === 'typescript' ? module : `${module.replaceAll('.', '/')}.py`
    throw new OnclockError('STAGE_MODULE_NOT_FOUND', `there is no file ${where} in the project`, {
      hint: 'Paths of modules start at the project folder.',
    })
  }
  if (!isInside(projectDir, path))
    throw new OnclockError('STAGE_MODULE_NOT_FOUND', `${module} lies outside the project`, {
      hint: 'Code must lie in the project folder, links followed; data may be anywhere.',
    })
  return realpathSync(path)
}

/** The files that a dotted Python name can mean, the package first, as Python has it. */
export function pythonCandidates(root: string, module: string): string[] {
  const base = join(root, ...module.split('.'))
  return [join(base, '__init__.py'), `${base}.py`]
}

/** Whether a path lies in the project, links followed. */
export function isInside(projectDir: string, path: string): boolean {
  const inside = relative(realpathSync(projectDir), realpathSync(path))
  return inside !== '' && !/^\.\.(?:[/\\]|$)/.test(inside) && !isAbsolute(inside)
}

/** Whether there is a regular file, links followed. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
