import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { isAbsolute, join, relative, sep } from 'node:path'
import { findModuleFile } from './project-module.ts'
import { pythonImports } from './python-imports.ts'

/** The part of esbuild that is used; it comes with tsx and is always the one that tsx runs with. */
interface Bundler {
  build(options: object): Promise<{ readonly metafile?: { readonly inputs: { readonly [path: string]: unknown } } }>
}

/**
 * The content hash of a module and of everything it imports inside the project: equal code gives an equal hash, wherever the
 * project lies. A command has no code that could be known.
 */
export async function hashModule(projectDir: string, kind: 'typescript' | 'python' | 'command', module: string): Promise<string> {
  if (kind === 'command') return 'command'
  const entry = findModuleFile(projectDir, kind, module)
  const files = kind === 'python' ? await pythonImports(projectDir, module) : await typescriptImports(projectDir, entry)
  const hash = createHash('sha256')
  for (const [name, content] of await contents(projectDir, files)) hash.update(`${name}\0${content.length}\0`).update(content)
  return hash.digest('hex')
}

async function contents(projectDir: string, files: readonly string[]): Promise<(readonly [string, Buffer])[]> {
  const named = files.map((file) => [relative(projectDir, file).split(sep).join('/'), file] as const)
  const sorted = named.sort(([a], [b]) => (a < b ? -1 : 1))
  return Promise.all(sorted.map(async ([name, file]) => [name, await readFile(file)] as const))
}

/** A file that does not parse is hashed alone: its own next edit is what will count. */
async function typescriptImports(projectDir: string, entry: string): Promise<string[]> {
  const bundler = createRequire(createRequire(import.meta.url).resolve('tsx/package.json'))('esbuild') as Bundler
  const tsconfig = join(projectDir, 'tsconfig.json')
  try {
    const { metafile } = await bundler.build({
      entryPoints: [entry],
      absWorkingDir: projectDir,
      bundle: true,
      write: false,
      metafile: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
      ...(existsSync(tsconfig) ? { tsconfig } : { tsconfigRaw: '{}' }),
    })
    const inputs = Object.keys(metafile?.inputs ?? {}).map((path) => (isAbsolute(path) ? path : join(projectDir, path)))
    return [...new Set([entry, ...inputs])]
  } catch {
    return [entry]
  }
}
