import type { OpenPipeline } from './open-pipeline.ts'
import { outputNameOf } from './output-name.ts'
import type { DefaultsSpec } from './pipeline-file.ts'
import type { Head } from './read-head.ts'
import type { StageDraft } from './read-stages.ts'
import { linkStages, type StageLinks } from './stage-links.ts'
import { timeoutsOf } from './stage-policy.ts'

/** On which others each stage depends; what does not fit together is reported. */
export function linkDrafts({ faults }: OpenPipeline, all: readonly StageDraft[], head: Head): StageLinks[] {
  // Of stages with one name, a fault by itself, only the first can be meant.
  const drafts = all.filter((draft, index) => all.findIndex(({ name }) => name === draft.name) === index)
  const linkable = drafts.map(({ name, kind, spec, config }) => {
    const needs = typeof spec.needs === 'string' ? [spec.needs] : spec.needs
    return { name, kind, enabled: spec.enabled ?? true, needs, input: spec.input, config }
  })
  const options = { parallel: head.execution.parallel ?? false, outputDir: head.config.outputDir }
  const { links, faults: found } = linkStages(linkable, options)
  for (const { stage, path, ...words } of found) {
    const draft = drafts[stage]
    if (draft === undefined) continue
    const isPlainNeed = path[0] === 'needs' && typeof draft.spec.needs === 'string'
    faults.add([...draft.path, ...(isPlainNeed ? ['needs'] : path)], words)
  }
  return links
}

/** A stage that must give a sign of life more seldom than it may run would be killed before it could. */
export function reportTimeouts({ faults }: OpenPipeline, drafts: readonly StageDraft[], defaults: DefaultsSpec): void {
  for (const { name, path, spec } of drafts) {
    if (!timeoutsOf(spec, defaults).contradictory) continue
    const timeout = spec.timeout ?? defaults.timeout ?? '1h'
    const heartbeat = spec.heartbeat_timeout ?? defaults.heartbeat_timeout ?? '30s'
    const key = spec.timeout === undefined && spec.heartbeat_timeout !== undefined ? 'heartbeat_timeout' : 'timeout'
    const isDefault = spec.timeout === undefined && spec.heartbeat_timeout === undefined
    faults.add(isDefault ? ['pipeline', 'defaults', 'heartbeat_timeout'] : [...path, key], {
      code: 'timeout_below_heartbeat',
      message: `the timeout of stage "${name}", ${timeout}, is below its heartbeat_timeout, ${heartbeat}`,
      hint: 'Make heartbeat_timeout the shorter one',
    })
  }
}

/** Names that the engine gives to files of its own in the run directory. */
const OWN_NAME = /^(?:stage\d+_(?:rejected|filtered|duplicates|metadata)|pipeline)$/i

/** A stage's name as the files of its outputs carry it. */
const inFileName = (name: string): string => name.replaceAll(/[^\w.-]+/g, '_')

/** Two outputs with one name would overwrite each other in the run directory. */
export function reportOutputNames({ faults }: OpenPipeline, drafts: readonly StageDraft[]): void {
  const owners = new Map<string, StageDraft>()
  for (const draft of drafts.filter((draft) => draft.spec.enabled !== false)) {
    const written = draft.config['output_file']
    if (typeof written !== 'string' && draft.kind === 'command') continue
    const { stem, extension } =
      typeof written === 'string' ? outputNameOf(written) : { stem: inFileName(draft.name), extension: '.csv' }
    const path = typeof written === 'string' ? [...draft.path, 'config', 'output_file'] : [...draft.path, 'name']
    const name = `${stem}_<run ID>${extension}`
    const owner = owners.get(name.toLowerCase())
    if (OWN_NAME.test(stem)) {
      faults.add(path, {
        code: 'reserved_output',
        message: `${name} is a file of the engine's own`,
        hint: 'Give the output another name',
      })
    } else if (owner !== undefined && owner.name !== draft.name) {
      const message = `stages "${owner.name}" and "${draft.name}" both write ${name}`
      faults.add(path, { code: 'duplicate_output', message, hint: 'Give one output_file another name; folders do not count' })
    }
    owners.set(name.toLowerCase(), owner ?? draft)
  }
}
