import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isScalar, parseDocument, type Scalar, YAMLMap } from 'yaml'
import { messageOf, OnclockError } from '../../pipeline/errors.ts'

/** `--set a=1 --set b=x=y` as values by name, each as typed: the declared type decides what the text means. */
export function parseSet(typed: readonly string[]): { [name: string]: string } {
  const set: { [name: string]: string } = {}
  for (const text of typed) {
    const at = text.indexOf('=')
    set[text.slice(0, at).trim()] = text.slice(at + 1)
  }
  return set
}

/**
 * Parameters from a YAML or JSON file. Values are taken by their source text, so that an ID keeps every digit.
 * @throws OnclockError PARAM_INVALID when the file is not one mapping of names to single values.
 */
export async function readParamsFile(cwd: string, file: string): Promise<{ [name: string]: string }> {
  const document = parseDocument(await readText(cwd, file))
  const [fault] = document.errors
  if (fault !== undefined) throw invalid(file, (fault.message.split('\n')[0] ?? '').replace(/:$/, ''))
  if (!(document.contents instanceof YAMLMap)) throw invalid(file, 'it must hold names and values, such as `min_views: 1000`')
  const set: { [name: string]: string } = {}
  for (const { key, value } of document.contents.items) {
    const name = String(isScalar(key) ? key.value : key)
    if (!isScalar(value) || value.value === null) throw invalid(file, `"${name}" must have one value`)
    set[name] = sourceOf(value)
  }
  return set
}

function sourceOf(value: Scalar): string {
  return typeof value.value === 'string' ? value.value : (value.source ?? String(value.value))
}

async function readText(cwd: string, file: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, file), 'utf8')
  } catch (error) {
    throw new OnclockError('FILE_NOT_FOUND', `the parameter file ${file} cannot be read: ${messageOf(error)}`, { cause: error })
  }
}

function invalid(file: string, why: string): OnclockError {
  return new OnclockError('PARAM_INVALID', `${file}: ${why}`)
}
