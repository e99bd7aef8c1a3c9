import type { Fault } from './fault.ts'
import { FaultList } from './fault-list.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { readYaml } from './read-yaml.ts'
import { didYouMean } from './suggest.ts'
import { YamlTree, type Path } from './yaml-tree.ts'

export interface OpenPipeline {
  readonly tree: YamlTree
  readonly faults: FaultList
}

/** A pipeline file as a tree that has a mapping under `pipeline`, or the faults that leave nothing to look at. */
export function openPipeline(text: string, file: string): OpenPipeline | readonly Fault[] {
  const fault = (code: string, message: string, hint: string, place = { line: 1, column: 1 }): Fault[] => [
    { code, message, hint, file, ...place, severity: 'error' },
  ]
  const strange = strangeCharacter(text)
  if (strange !== null) return fault(strange.code, strange.message, strange.hint, strange)
  if (text.replaceAll(/^\s*(?:#.*)?$/gm, '').trim() === '') {
    return fault('empty_file', 'the file is empty', 'A pipeline begins with the key pipeline: and has stages')
  }
  const { document, places, faults } = readYaml(text, file)
  if (document === null) return faults
  const tree = new YamlTree(document, places)
  const list = new FaultList(tree, file, faults)
  try {
    const root = tree.json([], 'number', isFreeKey)
    checkTop(root, list)
    for (const place of tree.strangeKeys()) {
      list.faults.push({
        code: 'bad_key',
        message: 'a key must be text',
        hint: 'Put it in quotes',
        file,
        ...place,
        severity: 'error',
      })
    }
    return isMapping(tree.json(['pipeline'], 'number', isFreeKey)) ? { tree, faults: list } : list.faults
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return fault('alias_loop', 'aliases of the file go in circles or repeat without end', 'Write the values out')
  }
}

/** Keys beginning with `x-` are free everywhere but in what a stage or schedule is given: there they may be data. */
export function isFreeKey(path: Path): boolean {
  if (!String(path.at(-1)).startsWith('x-')) return false
  const inStageConfig = path[1] === 'stages' && path[3] === 'config' && path.length > 4
  const inScheduleSet = path[1] === 'schedules' && path[3] === 'set' && path.length > 4
  return !inStageConfig && !inScheduleSet
}

function checkTop(root: JsonValue | undefined, list: FaultList): void {
  if (!isMapping(root)) {
    list.add([], {
      code: 'not_a_mapping',
      message: 'the file is no mapping',
      hint: 'A pipeline file begins with the key pipeline:',
    })
    return
  }
  const keys = Object.keys(root)
  if (!keys.includes('pipeline')) {
    const near = keys.map((key) => didYouMean(key, ['pipeline'])).find((hint) => hint !== null)
    const flat = keys.includes('stages') || keys.includes('name')
    const hint =
      near ?? (flat ? 'Put name, stages and the rest under pipeline:' : 'A pipeline file begins with the key pipeline:')
    list.add([], { code: 'no_pipeline', message: 'the file has no key "pipeline"', hint })
  } else if (!isMapping(root['pipeline'])) {
    list.add(['pipeline'], {
      code: 'no_pipeline',
      message: '"pipeline" is no mapping',
      hint: 'Name and stages stand below it, indented',
      atKey: true,
    })
  }
  for (const key of keys.filter((key) => key !== 'pipeline' && keys.includes('pipeline'))) {
    const hint = 'Put it under pipeline:, or begin its name with x-'
    list.add([key], { code: 'unknown_key', message: `unknown key "${key}" beside "pipeline"`, hint, atKey: true })
  }
}

/** Characters that no UTF-8 text file has: the mark of a lost encoding, and bytes of another kind of file. */
function strangeCharacter(text: string): { code: string; message: string; hint: string; line: number; column: number } | null {
  const index = text.search(/[\0\uFFFD]/)
  if (index < 0) return null
  const before = text.slice(0, index).split('\n')
  const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 }
  if (text[index] === '\0') return { code: 'not_text', message: 'the file is no UTF-8 text', hint: 'Save it as UTF-8', ...place }
  return { code: 'not_utf8', message: 'a character here is not UTF-8', hint: 'Save the file as UTF-8', ...place }
}

/** Whether a value is a mapping, neither a list nor nothing. */
export function isMapping(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
