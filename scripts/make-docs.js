// `npm run docs`: writes the reference pages from the definitions that the code itself uses. A test holds the two together.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { commandsPage } from './docs/commands-page.js'
import { code, fragment, page, table } from './docs/markdown.js'
import { keyTables } from './docs/schema-tables.js'
import { root, setUp } from './set-up.js'

/** The generated pages, by name below `docs/reference/`, from the definitions as the code exports them. */
export function referencePages({ ERRORS, EXIT_CODES, fileSpec, builtinStages, columnChecksSchema, createProgram }) {
  const checks = schemaOf(columnChecksSchema)
  return new Map([
    ['pipeline-file.md', pipelinePage(schemaOf(fileSpec))],
    ...builtinStages.map((stage) => [
      `${stage.name}.md`,
      stagePage(stage, schemaOf(stage.schema), Object.keys(checks.properties)),
    ]),
    ['checks.md', checksPage(checks)],
    ['commands.md', commandsPage(createProgram, EXIT_CODES)],
    ['errors.md', errorsPage(ERRORS)],
  ])
}

const schemaOf = (schema) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })

function pipelinePage(schema) {
  const lines = [
    'Every key of a pipeline file. It is YAML 1.2 in UTF-8. Keys that begin with `x-` are free: they are not read.',
    '',
  ]
  return page('The pipeline file', [...lines, ...keyTables(schema)])
}

function stagePage(stage, schema, checkKeys) {
  const aliases = stage.aliases.length > 0 ? ` Also called ${stage.aliases.map(code).join(', ')}.` : ''
  const shared = { keys: checkKeys, words: 'checks', link: 'every word of the page [checks](checks.md)' }
  return page(stage.name, [stage.summary + aliases, '', 'Its config:', '', ...keyTables(schema, { shared })])
}

function checksPage(schema) {
  return page('Checks', [
    'One vocabulary: the `columns:` of [take_input_csv](take_input_csv.md) and the `rules:` and conditions of',
    '[rule_based_filtering](rule_based_filtering.md) have these words. [The rule language](../rules.md) shows each at work.',
    '',
    ...keyTables(schema),
  ])
}

function errorsPage(errors) {
  const rows = Object.entries(errors).map(([name, { exit, retryable, meaning }]) => [
    code(name),
    exit,
    retryable ? 'yes' : 'no',
    fragment(meaning),
  ])
  return page('Errors', [
    'Every error has a stable code. It is what `retry.non_retryable` takes, what `run.json` holds, and the type of the failure in Temporal.',
    'The [exit code](commands.md#exit-codes) is what the command ends with; *retried* says whether another attempt could end differently.',
    '',
    ...table(['code', 'exit:', 'retried', 'meaning'], rows),
  ])
}

async function definitions() {
  const modules = await Promise.all([
    import('../dist/pipeline/errors.js'),
    import('../dist/pipeline/pipeline-file.js'),
    import('../dist/activities/stages/registry.js'),
    import('../dist/activities/vocabulary/column-checks-schema.js'),
    import('../dist/client/program.js'),
  ])
  return Object.assign({}, ...modules)
}

if (process.argv[1]?.endsWith('make-docs.js')) {
  await setUp()
  for (const [name, text] of referencePages(await definitions())) {
    const path = join(root, 'docs', 'reference', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    process.stdout.write(`docs/reference/${name}\n`)
  }
}
