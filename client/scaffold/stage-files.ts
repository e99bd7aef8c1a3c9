/** A stage of one's own, to be filled in: it works as it stands. */
export function stageSource(): string {
  return `import { defineStage, z } from 'onclock'

// In a pipeline:
//   - name: my-stage
//     module: stages/THIS-FILE.ts
//     input: STAGE-BEFORE
//     config: {column: some_column}
export default defineStage({
  summary: 'Leaves out rows without a value in one column.',

  // Checked before anything starts; the descriptions are what editors and \`onclock stage show\` tell.
  config: z.object({
    column: z.string().describe('The column that must have a value'),
  }),

  // Every row comes out, or is rejected (bad data) or filtered (left out on purpose). The engine counts and checks.
  // Other promises: 'one-to-one', and 'free' for joins and aggregates.
  rows: 'filter',

  async run({ config, input, output, filter }) {
    for await (const row of input.rows()) {
      if (row[config.column] === null) {
        await filter(row, { rule: 'empty', column: config.column, message: 'has no value' })
        continue
      }
      await output.write(row)
    }
  },
})
`
}

/** A test that runs the stage as a pipeline would, without a server. Plain JavaScript: Node runs it as it is. */
export function stageTest(name: string): string {
  return `// Run it with: node --test
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const project = fileURLToPath(new URL('..', import.meta.url))
const onclock = fileURLToPath(new URL('../../bin/onclock.js', import.meta.resolve('onclock')))

test('leaves out rows without a value and passes on the others', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), '${name}-'))
  t.after(() => rm(folder, { recursive: true }))
  const input = join(folder, 'input.csv')
  await writeFile(input, 'id,text\\n1,hello\\n2,\\n')

  const { rows, outputs } = await run({ input_file: input, column: 'text' }, folder)

  assert.deepEqual(rows, { in: 2, out: 1, rejected: 0, filtered: 1, duplicates: 0 })
  const { path } = outputs.find(({ dataset, format }) => dataset === 'output' && format === 'csv')
  assert.equal(await readFile(join(folder, path), 'utf8'), 'id,text\\n1,hello\\n')
})

/** Runs the stage alone, with this config, and returns its metadata. */
async function run(config, folder) {
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify(config))
  const typed = [onclock, '-q', '-C', project, 'stage', 'run', 'stages/${name}.ts', '--config', file, '--out', folder]
  const { stdout } = await promisify(execFile)(process.execPath, typed)
  return JSON.parse(stdout)
}
`
}
