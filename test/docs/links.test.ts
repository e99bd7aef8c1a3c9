import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { pagePaths, readPage } from './pages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe.each(pagePaths())('the links of %s', (page) => {
  const text = readPage(page).replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((found) => found[1] ?? '').filter((link) => !/^https?:/.test(link))

  it('lead to files that are there', () => {
    const missing = links.filter((link) => !existsSync(join(root, targetOf(page, link))))
    expect(missing).toEqual([])
  })

  it('lead to headings that are there', () => {
    const missing = links.filter((link) => {
      const heading = link.split('#')[1]
      return heading !== undefined && !anchorsOf(targetOf(page, link)).includes(heading)
    })
    expect(missing).toEqual([])
  })
})

const targetOf = (page: string, link: string): string =>
  link.startsWith('#') ? page : normalize(join(dirname(page), link.split('#')[0] ?? ''))

describe('the page on the architecture', () => {
  const named = [
    ...readPage('ARCHITECTURE.md').matchAll(/`((?:pipeline|workflows|activities|worker|client|bin|test)\/[\w./-]*)`/g),
  ]

  it('names files and folders that are there', () => {
    const missing = named.map((found) => found[1] ?? '').filter((path) => !existsSync(join(root, path)))
    expect(named.length).toBeGreaterThan(20)
    expect(missing).toEqual([])
  })
})

/** As GitHub makes them of headings. */
function anchorsOf(page: string): readonly string[] {
  return [...readPage(page).matchAll(/^#+ (.+)$/gm)].map((found) =>
    (found[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}
