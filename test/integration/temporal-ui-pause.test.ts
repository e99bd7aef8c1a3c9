import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../../pipeline/record.ts'
import { embeddedStatus } from '../../worker/embedded.ts'
import { makeProject, type TestProject } from './support/project.ts'

const executablePath = process.env['ONCLOCK_TEST_CHROMIUM'] ?? '/usr/bin/chromium'
/** Where pictures of what is seen are kept, if anywhere. */
const pictures = process.env['ONCLOCK_SCREENSHOTS']

const PIPELINE = `pipeline:
  name: orders
  defaults: {retry: {maximum_attempts: 1}}
  stages:
    - {name: fetch, command: 'true'}
    - {name: publish, command: 'test -e data/ready', on_failure: pause}
`

let project: TestProject

describe.skipIf(!existsSync(executablePath))('a paused run in the Temporal UI [needs Chromium]', () => {
  beforeAll(async () => {
    project = await makeProject({ 'config/main.yaml': PIPELINE }, { warm: true })
  })
  afterAll(() => project?.dispose())

  it('goes on from the form of the page', async () => {
    const { stdout, code } = await project.onclock(['run', '--json'])
    expect(code).toBe(6)
    const { run_id: id } = JSON.parse(stdout) as RunRecord
    await project.write('data/ready', '')
    const status = await embeddedStatus(project.dir)
    if (!status.running) throw new Error('the server is not up')
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic']
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', ...quiet] })
    try {
      const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
      page.setDefaultTimeout(10_000)
      await page.goto(`${status.uiUrl}/namespaces/default/workflows/${id}`)
      await page.waitForURL(/\/timeline/)
      await sendUpdate(page, 'resume')
    } finally {
      await browser.close()
    }
    const { code: watched } = await project.onclock(['watch', id])
    expect(watched).toBe(0)
    const record = await project.record(id)
    expect(record.stages.map(({ status: one }) => one)).toEqual(['reused', 'completed'])
  })
})

/** As a person does it: More Actions, Send an Update, the name from the list, Submit. */
async function sendUpdate(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'More Actions' }).click()
  await page.getByRole('menuitem', { name: 'Send an Update' }).click()
  const dialog = page.locator('#update-confirmation-modal[open]')
  await dialog.getByTestId('update-select-button').click()
  await shoot(page, 'paused-run-updates.png')
  await dialog.getByRole('option').filter({ hasText: name }).first().click()
  await shoot(page, 'paused-run-form.png')
  await dialog.getByRole('button', { name: /^(?:Submit|Update|Send)/ }).click()
  await dialog.waitFor({ state: 'hidden' })
}

async function shoot(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, name) })
}
