import type { ModuleRunner, OwnModule } from '../stage.ts'
import { createCommandRunner } from './command-runner.ts'
import { createPythonRunner } from './python-runner.ts'
import { createTypescriptRunner } from './typescript-runner.ts'

export interface ModuleRunnerOptions {
  /** Heap of one TypeScript stage; ONCLOCK_STAGE_MEMORY_MB, else 2,048. */
  readonly memoryMb?: number
  /** Between asking a stage to stop and making it stop. */
  readonly graceMs?: number
}

const DEFAULT_MEMORY_MB = 2_048
const DEFAULT_GRACE_MS = 3_000

/** What runs the stages that are not built in, one runner for each kind. */
export function createModuleRunners(options: ModuleRunnerOptions = {}): Record<OwnModule['kind'], ModuleRunner> {
  const graceMs = options.graceMs ?? DEFAULT_GRACE_MS
  const memoryMb = options.memoryMb ?? (Number(process.env['ONCLOCK_STAGE_MEMORY_MB']) || DEFAULT_MEMORY_MB)
  return {
    typescript: createTypescriptRunner({ memoryMb, graceMs }),
    python: createPythonRunner({ graceMs }),
    command: createCommandRunner({ graceMs }),
  }
}
