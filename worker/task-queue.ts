import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

/** The name of a project: that of its package.json, otherwise of its folder, in `[a-z0-9-]`. */
export function projectName(projectDir: string): string {
  return plain(packageName(projectDir)) || plain(basename(resolve(projectDir))) || 'project'
}

/** One task queue for each project, so that two projects on one cluster do not take each other's stages. */
export function taskQueueOf(projectDir: string): string {
  return `onclock-${projectName(projectDir)}`
}

function packageName(projectDir: string): string {
  try {
    const { name } = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')) as { name?: unknown }
    return typeof name === 'string' ? name : ''
  } catch {
    return ''
  }
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
}
