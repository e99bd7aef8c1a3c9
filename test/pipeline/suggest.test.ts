import { describe, expect, it } from 'vitest'
import { didYouMean, suggest } from '../../pipeline/suggest.ts'

describe('suggest', () => {
  it.each([
    ['retires', ['name', 'retry', 'timeout'], 'retry'],
    ['modul', ['module', 'command'], 'module'],
    ['nmae', ['name', 'needs'], 'name'],
    ['outputFile', ['output_file', 'input_file'], 'output_file'],
    ['Log-Level', ['log_level'], 'log_level'],
    ['parall', ['parallel', 'max_parallel'], 'parallel'],
    ['info', ['DEBUG', 'INFO'], 'INFO'],
    ['min', ['max', 'mean', 'minimum'], 'minimum'],
    ['minimum', ['max', 'min', 'min_length', 'in'], 'min'],
    ['maximum', ['max', 'max_length', 'min'], 'max'],
    ['heartbeat', ['heartbeat_timeout'], null],
    ['xyz', ['name', 'needs'], null],
    ['name', ['name'], null],
    ['name', [], null],
  ])('finds for %s among %j: %s', (word, candidates, found) => {
    expect(suggest(word, candidates)).toBe(found)
  })

  it('prefers the nearest candidate', () => {
    expect(suggest('cleen', ['clear', 'clean', 'clone'])).toBe('clean')
  })
})

describe('didYouMean', () => {
  it('asks, or says nothing', () => {
    expect(didYouMean('nmae', ['name'])).toBe('Did you mean "name"?')
    expect(didYouMean('xyz', ['name'])).toBeNull()
  })
})
