import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSample } from '../../scripts/make-sample.js'
import { embeddedStatus } from '../../worker/embedded.ts'
import { projectRuns, readRunRecord } from '../../activities/store/project-runs.ts'
import { makeProject, type TestProject } from './support/project.ts'

const executablePath = process.env['ONCLOCK_TEST_CHROMIUM'] ?? '/usr/bin/chromium'
/** `npm run screenshots` keeps what is seen here. */
const pictures = process.env['ONCLOCK_SCREENSHOTS']

const PIPELINE = `pipeline:
  name: TikTok videos
  stages:
    - name: clean
      module: take_input_csv
      config:
        input_file: data/input.csv
        columns: {claim_status: {required: true}, video_view_count: {type: integer, min: 0}}
        budget: {fail: 5%}
    - name: keep
      module: rule_based_filtering
      input: clean
      config: {rules: [{id: seen-enough, column: video_view_count, min: 1000}]}
    - name: publish
      command: 'sleep $SECONDS_TO_WAIT; cp "$ONCLOCK_INPUT_FILE" "$ONCLOCK_OUTPUT_FILE"'
      input: keep
`

let project: TestProject
let browser: Browser
let ui: string

describe.skipIf(!existsSync(executablePath))('the Temporal UI [needs Chromium]', () => {
  beforeAll(async () => {
    project = await makeProject(
      {
        'config/finished.yaml': PIPELINE.replace('$SECONDS_TO_WAIT', '0.1'),
        'config/running.yaml': PIPELINE.replace('$SECONDS_TO_WAIT', '60'),
        'config/failed.yaml': PIPELINE.replace('fail: 5%', 'fail: 1%'),
      },
      { warm: true },
    )
    makeSample(join(project.dir, 'data', 'input.csv'))
    const status = await embeddedStatus(project.dir)
    if (!status.running) throw new Error('the server is not up')
    ui = status.uiUrl
    // Without these Chromium tries to reach its maker's hosts at every start.
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic']
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', ...quiet] })
  })
  afterAll(async () => {
    await browser?.close()
    await project?.dispose()
  })

  it('shows of a finished run which pipeline it was, its stages, and the balance of each', async () => {
    await project.onclock(['run', 'finished'])
    const page = await look('finished')
    expect(page.timeline).toContain('COMPLETED')
    expect(page.timeline).toContain('take_input_csv • clean')
    expect(page.timeline).toContain('rule_based_filtering • keep')
    expect(page.metadata).toContain('TikTok videos')
    expect(page.metadata).toMatch(/clean completed · 4,000 in = 3,[\d,]+ out \+ \d+ rejected/)
    expect(page.metadata).toMatch(/keep completed · 3,[\d,]+ in = [\d,]+ out \+ \d+ filtered/)
  })

  it('shows of a failed run which stage failed, and why', async () => {
    await project.onclock(['run', 'failed'])
    const page = await look('failed')
    expect(page.timeline).toContain('FAILED')
    expect(page.timeline).toMatch(/stage \\"clean\\" failed: \d+ of 4000 rows/)
    expect(page.metadata).toMatch(/clean failed.*BUDGET_EXCEEDED \d+ of 4000 rows .* were rejected; the budget allows 1%/)
    expect(page.metadata).toContain('keep skipped')
  })

  it('shows of a running run what is done, what is being done and what waits', async () => {
    await project.onclock(['run', 'running', '--detach'])
    await untilStage('publish', 'running')
    const page = await look('running')
    expect(page.timeline).toContain('RUNNING')
    expect(page.metadata).toMatch(/keep completed/)
    expect(page.metadata).toMatch(/publish running/)
    await project.onclock(['cancel', 'latest', '--yes'])
  })
})

interface Look {
  readonly timeline: string
  readonly metadata: string
}

/** What a person reads on the pages of the newest run, with the pictures kept when they are wanted. */
async function look(name: string): Promise<Look> {
  const [newest] = await projectRuns(project.dir)
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, deviceScaleFactor: 1 })
  try {
    await page.goto(`${ui}/namespaces/default/workflows/${newest?.runId ?? ''}`)
    await page.waitForURL(/\/timeline/)
    await page.getByText('clean').first().waitFor()
    const timeline = await page.innerText('body')
    await keep(`${name}-run.png`, (path) => page.screenshot({ path }))
    await page.goto(page.url().replace('/timeline', '/user-metadata'))
    const metadata = await markdownOf(page)
    await keep(`${name}-run-details.png`, (path) => page.screenshot({ path, clip: { x: 0, y: 0, width: 1400, height: 760 } }))
    return { timeline, metadata }
  } finally {
    await page.close()
  }
}

/** The UI shows Markdown in frames of its own: summary, details, current details. */
async function markdownOf(page: Page): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const texts = await Promise.all(page.frames().map((frame) => frame.innerText('body').catch(() => '')))
    if (texts.filter((text) => text.includes('TikTok videos')).length >= 3) return texts.join('\n').replaceAll(/\s+/g, ' ')
    await page.waitForTimeout(200)
  }
  throw new Error('the UI shows no details')
}

async function keep(name: string, take: (path: string) => Promise<unknown>): Promise<void> {
  if (pictures === undefined) return
  await mkdir(pictures, { recursive: true })
  await take(join(pictures, name))
}

async function untilStage(name: string, status: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const [newest] = await projectRuns(project.dir)
    const record = newest === undefined ? null : await readRunRecord(newest)
    if (record?.stages.some((stage) => stage.name === name && stage.status === status) === true) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`stage ${name} never was ${status}`)
}
