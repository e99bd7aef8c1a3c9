import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isScalar, parseDocument, visit } from 'yaml'
import { messageOf, OnclockError } from '../../pipeline/errors.ts'
import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import { isCanonicalNumber } from '../../pipeline/yaml-tree.ts'

/** Numbers that JavaScript would change: nineteen digits, leading zeros, exponents. */
const DELICATE_NUMBER = /\d{16,}|(?<![\d.])0\d|\d[eE][-+]?\d|\.\d*0(?!\d)/

/** The config of a stage from a YAML or JSON file. @throws OnclockError FILE_NOT_FOUND, CONFIG_INVALID. */
export async function readConfigFile(cwd: string, file: string): Promise<JsonObject> {
  let text: string
  try {
    text = await readFile(resolve(cwd, file), 'utf8')
  } catch (error) {
    throw new OnclockError('FILE_NOT_FOUND', `the config ${file} cannot be read: ${messageOf(error)}`, { cause: error })
  }
  return parseConfig(text, file)
}

/**
 * A config from its text, YAML or JSON; as in a pipeline, a number that a computer would change stays its source text. What
 * is called JSON has to be JSON, and its faults are told as such.
 */
export function parseConfig(text: string, shown: string, options: { readonly json?: boolean } = {}): JsonObject {
  const json = (options.json ?? /\.json$/i.test(shown)) ? strictJson(text, shown) : null
  const value = json === null || DELICATE_NUMBER.test(text) ? fromYaml(text, shown) : json
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new OnclockError('CONFIG_INVALID', `${shown}: a config is a mapping of keys to values`)
}

function strictJson(text: string, shown: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch (cause) {
    const why = messageOf(cause).replace(/ (?:in JSON at position.*|is not valid JSON)$/, '')
    // The engine's own message often has no place; where the text is no YAML either, that parser knows it.
    const place = parseDocument(text).errors[0]?.linePos?.[0]
    const where = place === undefined || !text.trim().includes('\n') ? '' : `, line ${place.line}`
    throw new OnclockError('CONFIG_INVALID', `${shown}${where}: this is not JSON: ${why}`, { cause })
  }
}

function fromYaml(text: string, shown: string): JsonValue {
  const document = parseDocument(text)
  const [fault] = document.errors
  if (fault !== undefined) throw invalid(shown, fault)
  visit(document, (_key, node) => {
    if (isScalar(node) && typeof node.value === 'number' && node.source !== undefined && !isCanonicalNumber(node.source))
      node.value = node.source
  })
  try {
    return document.toJS() as JsonValue
  } catch (error) {
    // An alias that means nothing: `*.csv` without quotes.
    throw invalid(shown, error)
  }
}

function invalid(shown: string, cause: unknown): OnclockError {
  const [first = ''] = messageOf(cause).split('\n')
  return new OnclockError('CONFIG_INVALID', `${shown}: ${first.replace(/:$/, '')}`, {
    hint: 'A value with signs such as * { [ # % @ has to be put in single quotes.',
    cause,
  })
}
