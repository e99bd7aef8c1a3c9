import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { projectName, taskQueueOf } from '../../worker/task-queue.ts'

let folder = ''
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'onclock-queue-'))))
afterEach(() => rm(folder, { recursive: true }))

describe('taskQueueOf', () => {
  it('takes the name of the package', async () => {
    await writeFile(join(folder, 'package.json'), '{"name": "@acme/TikTok_Videos"}')
    expect(taskQueueOf(folder)).toBe('onclock-acme-tiktok-videos')
  })

  it.each([
    ['My Project', 'my-project'],
    ['ÜÖ', 'project'],
    ['--a__b--', 'a-b'],
  ])('takes the folder %j as %j where there is no package', async (name, expected) => {
    const project = join(folder, name)
    await mkdir(project)
    expect(projectName(project)).toBe(expected)
  })

  it('takes the folder where the package.json is broken or has no name', async () => {
    const project = join(folder, 'plain')
    await mkdir(project)
    await writeFile(join(project, 'package.json'), '{"name": ')
    expect(projectName(project)).toBe('plain')
    await writeFile(join(project, 'package.json'), '{"private": true}')
    expect(projectName(project)).toBe('plain')
  })
})
