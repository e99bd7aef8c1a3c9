import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPipeline, pipelineNames } from '../../../client/project/find-pipeline.ts'
import { findProject } from '../../../client/project/find-project.ts'
import { temporaryFolder, write } from '../../support/stage-project.ts'

function project(): string {
  const folder = temporaryFolder()
  const pipeline = 'pipeline:\n  name: x\n'
  write(folder, {
    'config/main.yaml': pipeline,
    'config/reviews.yml': pipeline,
    'config/rules.yaml': 'rules: []\n',
    'deep/er/own.yaml': pipeline,
  })
  return folder
}

describe('findPipeline', () => {
  it.each([
    ['.', undefined, 'config/main.yaml'],
    ['.', 'main', 'config/main.yaml'],
    ['.', 'reviews', 'config/reviews.yml'],
    ['.', 'reviews.yml', 'config/reviews.yml'],
    ['.', 'config/main.yaml', 'config/main.yaml'],
    ['deep', 'er/own.yaml', 'deep/er/own.yaml'],
    ['deep/er', 'own.yaml', 'deep/er/own.yaml'],
    ['deep', 'config/main.yaml', 'config/main.yaml'],
  ])('in %s takes %s for %s', (cwd, named, file) => {
    const projectDir = project()
    expect(findPipeline({ cwd: join(projectDir, cwd), projectDir }, named)).toBe(file)
  })

  it('names the nearest pipeline, or how to make one', () => {
    const projectDir = project()
    expect(() => findPipeline({ cwd: projectDir, projectDir }, 'review')).toThrow(
      expect.objectContaining({ code: 'FILE_NOT_FOUND', hint: 'Did you mean "reviews"?' }) as Error,
    )
    const empty = temporaryFolder()
    expect(() => findPipeline({ cwd: empty, projectDir: empty })).toThrow(
      expect.objectContaining({ code: 'FILE_NOT_FOUND', hint: expect.stringContaining('onclock init') as string }) as Error,
    )
  })

  it('knows pipelines from the rules that lie beside them', () => {
    expect(pipelineNames(project())).toEqual(['main', 'reviews'])
  })
})

describe('findProject', () => {
  it('finds the project from a folder inside it', () => {
    const folder = project()
    expect(findProject(join(folder, 'deep/er'), { fixed: false })).toBe(folder)
  })

  it('takes the folder itself where there is no project, and the one that is named', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'inner'))
    expect(findProject(join(folder, 'inner'), { fixed: false })).toBe(join(folder, 'inner'))
    expect(findProject(join(project(), 'deep'), { fixed: true })).toMatch(/deep$/)
  })
})
