import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isFile, isInside, pythonCandidates } from './project-module.ts'

/**
 * The files of the project that a Python module is made of: its own, those it imports, theirs, and the `__init__.py` of every
 * package on the way. A plain reading of the text: an import inside a string counts too, one that is computed does not.
 */
export async function pythonImports(projectDir: string, module: string): Promise<string[]> {
  const found = new Set<string>()
  const queue = filesOf(projectDir, module)
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next.file)) continue
    found.add(next.file)
    for (const name of importedNames(await readFile(next.file, 'utf8'), next.package)) queue.push(...filesOf(projectDir, name))
  }
  return [...found]
}

interface PythonFile {
  readonly file: string
  /** What a leading dot in its imports means. */
  readonly package: string
}

/** A module's own file and those of the packages it lies in, as far as they are in the project. */
function filesOf(projectDir: string, module: string): PythonFile[] {
  const parts = module.split('.').filter((part) => part !== '')
  return parts.flatMap((_part, at) => {
    const name = parts.slice(0, at + 1).join('.')
    const file = pythonCandidates(projectDir, name).find((path) => existsSync(path) && isFile(path) && isInside(projectDir, path))
    if (file === undefined) return []
    const own = file.endsWith(join('', '__init__.py')) ? name : parts.slice(0, at).join('.')
    return [{ file, package: own }]
  })
}

const PLAIN = /^[ \t]*import[ \t]+([^#\n;]+)/gm
const FROM = /^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^#\n;]+)/gm
const CALLED = /\bimport_module\(\s*['"]([\w.]+)['"]/g

function importedNames(source: string, inPackage: string): string[] {
  const text = source.replaceAll(/\\\r?\n/g, ' ')
  const names: string[] = []
  for (const [, list = ''] of text.matchAll(PLAIN)) names.push(...list.split(',').map(firstWord))
  for (const [, name = ''] of text.matchAll(CALLED)) names.push(name)
  for (const [, dots = '', base = '', list = ''] of text.matchAll(FROM)) {
    const from = [dots === '' ? '' : above(inPackage, dots.length - 1), base].filter((part) => part !== '').join('.')
    const members = list.replaceAll(/[()]|#.*$/gm, '').split(',')
    // `from package import name`: the name may be a module of the package.
    names.push(from, ...members.map((member) => [from, firstWord(member)].filter((part) => part !== '').join('.')))
  }
  return names.filter((name) => /^\w+(\.\w+)*$/.test(name))
}

function above(name: string, levels: number): string {
  const parts = name === '' ? [] : name.split('.')
  return parts.slice(0, Math.max(0, parts.length - levels)).join('.')
}

function firstWord(text: string): string {
  return text.trim().split(/\s/)[0] ?? ''
}
