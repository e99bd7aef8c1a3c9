import { describe, expect, it } from 'vitest'
import { createProjectCatalog } from '../../activities/planning/project-catalog.ts'
import { parsePipeline } from '../../pipeline/parse-pipeline.ts'
import { cellsOf, readPage } from './pages.ts'

/** What is written, what is said, what should be written. */
const rows = readPage('docs/troubleshooting.md')
  .split('\n')
  .filter((line) => /^\| `.*` \| .* \| `.*` \|$/.test(line))
  .map(cellsOf)
  .map(([written = '', said = '', better = '']) => [plain(written), said, plain(better)] as const)

function plain(cell: string): string {
  return cell.replace(/^`(.*)`$/, '$1')
}

async function faultsOf(line: string): Promise<readonly { readonly message: string; readonly hint: string | null }[]> {
  const below = line.startsWith('config: ') ? `      ${line}` : `      config:\n        ${line}`
  const text = `pipeline:\n  name: p\n  params: {x: {type: text, default: a}}\n  stages:\n    - name: a\n      module: take_input_csv\n${below}\n`
  const catalog = createProjectCatalog('.', { code: false })
  const parsed = await parsePipeline(text, { file: 'p.yaml', catalog, env: {} })
  return parsed.ok ? [] : parsed.faults
}

describe('the table of YAML that wants quotes', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(5)
  })

  it.each(rows)('%s: it says so', async (written, said, better) => {
    const faults = await faultsOf(written)
    const found = faults.find(({ message }) => message.includes(said))
    expect(faults.map(({ message }) => message).join('\n')).toContain(said)
    expect(found?.hint ?? '').toContain(better)
  })

  it.each(rows)('%s: as it should be written it can be read', async (_, said, better) => {
    const faults = await faultsOf(better)
    expect(faults.filter(({ message }) => /YAML/.test(message) || message.includes(said))).toEqual([])
  })
})
