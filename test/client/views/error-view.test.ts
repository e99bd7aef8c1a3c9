import { describe, expect, it } from 'vitest'
import { errorJson, errorView, exitOf, exitOfCode } from '../../../client/views/error-view.ts'
import { OnclockError } from '../../../pipeline/errors.ts'
import { pageOf } from './page-of.ts'

const known = new OnclockError('NO_PYTHON', 'no interpreter', {
  hint: 'Install one.\nOr name it.',
  cause: new Error('spawn ENOENT'),
})

describe('errorView', () => {
  it('gives code, message and every line of the hint', () => {
    expect(errorView(known, { verbose: false })(pageOf())).toBe('✖ NO_PYTHON  no interpreter\n  → Install one.\n  → Or name it.')
  })

  it('adds the stacks, causes included, where they are asked for', () => {
    const text = errorView(known, { verbose: true })(pageOf())
    expect(text).toContain('caused by:\nError: spawn ENOENT\n    at ')
  })

  it('says that a bug is one, and how to report it', () => {
    expect(errorView(new TypeError('x is not a function'), { verbose: false })(pageOf())).toMatch(
      /UNEXPECTED {2}x is not a function\n.*bug of onclock.*-v/,
    )
  })
})

describe('exit codes', () => {
  it('are those of the error', () => {
    expect(exitOf(known)).toBe(5)
    expect(exitOf(new Error('x'))).toBe(70)
    expect(exitOfCode('BUDGET_EXCEEDED')).toBe(3)
    expect(exitOfCode('MY_ERROR')).toBe(1)
  })

  it('come with the same facts as JSON', () => {
    expect(errorJson(known)).toEqual({
      error: { code: 'NO_PYTHON', message: 'no interpreter', hint: 'Install one.\nOr name it.' },
    })
    expect(errorJson('x')).toEqual({ error: { code: 'UNEXPECTED', message: 'x' } })
  })
})
