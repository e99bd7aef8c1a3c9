import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../pipeline/json.ts'
import { paramValue } from '../../pipeline/params.ts'
import type { ParamSpec } from '../../pipeline/pipeline-file.ts'

type Type = ParamSpec['type']

describe('paramValue', () => {
  it.each<[Type, JsonValue, JsonValue]>([
    ['text', 'a b', 'a b'],
    ['text', '', ''],
    ['string', 7, '7'],
    ['id', '7506832682593094928', '7506832682593094928'],
    ['id', '007', '007'],
    ['id', 7, '7'],
    ['path', 'data/x.csv', 'data/x.csv'],
    ['integer', '42', 42],
    ['integer', '-1', -1],
    ['integer', '007', 7],
    ['integer', 42, 42],
    ['decimal', '1.50', 1.5],
    ['decimal', '.5', 0.5],
    ['number', '1e3', 1000],
    ['number', 3, 3],
    ['boolean', 'true', true],
    ['boolean', false, false],
    ['date', '2026-02-28', '2026-02-28'],
  ])('reads as %s the value %j as %j', (type, given, value) => {
    expect(paramValue(type, given)).toEqual({ ok: true, value })
  })

  it.each<[Type, JsonValue, string]>([
    ['integer', '1.5', 'must be a whole number'],
    ['integer', 'abc', 'must be a whole number'],
    ['integer', '', 'must be a whole number'],
    ['integer', '7506832682593094928', 'has too many digits for a number; the type id keeps them all'],
    ['decimal', '1,5', 'must be a number'],
    ['decimal', '1e999', 'is too large for a number'],
    ['number', '7506832682593094928', 'is too large for a number'],
    ['boolean', 'yes', 'must be true or false'],
    ['date', '2026-02-30', 'must be a date such as 2026-11-24'],
    ['date', '24.11.2026', 'must be a date such as 2026-11-24'],
    ['path', '', 'must be a path, not empty'],
    ['text', ['a'], 'must be one value, not a list or mapping'],
    ['text', null, 'must be one value, not a list or mapping'],
  ])('refuses as %s the value %j: %s', (type, given, words) => {
    expect(paramValue(type, given)).toEqual({ ok: false, words })
  })
})
