import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'
import { isFile } from './project-module.ts'

/** The interpreter for Python stages: the one that is configured, a path of the project or a name, else `python3`, `python`. */
export function findPython(configured: string | null, projectDir: string, env: NodeJS.ProcessEnv): string {
  const names = configured === null ? ['python3', 'python'] : [configured]
  for (const name of names) {
    const found = name.includes('/') ? executable(resolve(projectDir, name)) : onPath(name, env)
    if (found !== null) return found
  }
  if (configured === null)
    throw new OnclockError('NO_PYTHON', 'a Python stage needs Python, and neither python3 nor python is on the PATH', {
      hint: 'Install Python 3.8 or later, or set `config.python` in the pipeline to an interpreter.',
    })
  throw new OnclockError('NO_PYTHON', `the Python interpreter ${configured} was not found or cannot be run`, {
    hint: '`config.python` in the pipeline names it: a path, from the project folder on, or a command.',
  })
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | null {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const found = isAbsolute(folder) ? executable(join(folder, name)) : null
    if (found !== null) return found
  }
  return null
}

function executable(path: string): string | null {
  try {
    accessSync(path, constants.X_OK)
    return isFile(path) ? path : null
  } catch {
    return null
  }
}
