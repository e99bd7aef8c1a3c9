import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'
import { packageRoot } from '../../activities/package-root.ts'
import { sealFile } from '../../activities/seal-file.ts'
import type { Dataset, OwnModule, Progress, StageContext } from '../../activities/stage.ts'

/** The project in `test/fixtures/stages`. */
export const fixtureProject = join(packageRoot, 'test/fixtures/stages')

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'onclock-test-')))
  folders.push(folder)
  return folder
}

/** A project outside the clone, with the package installed as npm would link it. */
export function temporaryProject(files: { readonly [path: string]: string }): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(packageRoot, join(folder, 'node_modules/onclock'))
  write(folder, files)
  return folder
}

export function write(folder: string, files: { readonly [path: string]: string }): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

export function ownModule(kind: OwnModule['kind'], module: string, more: Partial<OwnModule> = {}): OwnModule {
  return { kind, module, function: 'run', command: null, config: {}, python: null, ...more }
}

export interface TestContext extends StageContext {
  /** `level: message`, in order. */
  readonly lines: string[]
  readonly told: Progress[]
}

/** The context of a stage in a test: real folders, log and progress kept. */
export function stageContext(projectDir: string, more: Partial<StageContext> = {}): TestContext {
  const lines: string[] = []
  const told: Progress[] = []
  const log = (level: string) => (message: string) => void lines.push(`${level}: ${message}`)
  return {
    runId: '20261124_020000',
    stage: 'score',
    stageNumber: 2,
    attempt: 1,
    projectDir,
    now: new Date('2026-11-24T02:00:00Z'),
    inputs: {},
    outDir: temporaryFolder(),
    database: () => Promise.reject(new Error('no database in this test')),
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    progress: (progress) => void told.push(progress),
    signal: new AbortController().signal,
    lines,
    told,
    ...more,
  }
}

/** A dataset of an earlier stage, sealed as the engine does it. */
export async function datasetOf(path: string, name = 'clean'): Promise<Dataset> {
  const seal = await sealFile(path, 'csv')
  const file = { dataset: 'output', path, public_name: `${name}_output.csv`, format: 'csv' as const, ...seal }
  return { stage: name, dataset: 'output', files: [file] }
}
