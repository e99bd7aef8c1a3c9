import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configuredServer } from '../../worker/server-settings.ts'

let folder = ''
let config = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onclock-profile-'))
  config = join(folder, 'temporal.toml')
  await writeFile(
    config,
    `[profile.default]
address = "machine.example:7233"
namespace = "machine"
[profile.prod]
address = "prod.example:7233"
namespace = "pipelines"
api_key = "secret"
[profile.bare]
namespace = "x"
`,
  )
})
afterAll(() => rm(folder, { recursive: true }))

const codeOf = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return null
}

describe('configuredServer', () => {
  it('is the embedded default where nothing sets an address, even if the machine has a default profile', () => {
    expect(configuredServer({}, { TEMPORAL_CONFIG_FILE: config })).toBeNull()
    expect(configuredServer({}, { TEMPORAL_ADDRESS: '  ', TEMPORAL_NAMESPACE: 'x', TEMPORAL_API_KEY: 'k' })).toBeNull()
  })

  it('takes the address of the flag, and the rest from the environment', () => {
    const env = { TEMPORAL_NAMESPACE: 'team', TEMPORAL_API_KEY: 'k', TEMPORAL_ADDRESS: 'other:1' }
    expect(configuredServer({ address: 'here:7000' }, env)).toEqual({
      settings: { address: 'here:7000', namespace: 'team', apiKey: 'k', tls: true },
      source: '--address',
    })
  })

  it('takes nothing else of the default profile of the machine either', () => {
    const found = configuredServer({ address: 'here:7000' }, { TEMPORAL_CONFIG_FILE: config })
    expect(found?.settings).toEqual({ address: 'here:7000', namespace: 'default' })
  })

  it('takes the address of the environment, with the usual port where it names none', () => {
    expect(configuredServer({}, { TEMPORAL_ADDRESS: 'temporal.example' })).toEqual({
      settings: { address: 'temporal.example:7233', namespace: 'default' },
      source: 'TEMPORAL_ADDRESS',
    })
  })

  it('takes a profile that is named, by flag or variable', () => {
    const expected = {
      settings: { address: 'prod.example:7233', namespace: 'pipelines', apiKey: 'secret', tls: true },
      source: 'profile prod',
    }
    expect(configuredServer({ profile: 'prod' }, { TEMPORAL_CONFIG_FILE: config })).toEqual(expected)
    expect(configuredServer({}, { TEMPORAL_CONFIG_FILE: config, TEMPORAL_PROFILE: 'prod' })).toEqual(expected)
  })

  it('lets the flag for the namespace win', () => {
    const found = configuredServer({ profile: 'prod', namespace: 'mine' }, { TEMPORAL_CONFIG_FILE: config })
    expect(found?.settings.namespace).toBe('mine')
  })

  it.each([
    ['a profile that is not there', { profile: 'nope' }],
    ['a profile without an address', { profile: 'bare' }],
    ['a namespace without an address', { namespace: 'x' }],
  ])('refuses %s', (_what, flags) => {
    expect(codeOf(() => configuredServer(flags, { TEMPORAL_CONFIG_FILE: config }))).toBe('USAGE')
  })
})
