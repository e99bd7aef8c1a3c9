import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TEMPORAL_CLI } from './binary-pins.ts'
import type { BinarySource } from './fetch-binary.ts'

const VENDOR = 'https://temporal.download'
/** Short, since closed networks refuse it and the next source is waiting; the download itself may take its time. */
const ANSWER_MS = 4_000
const STALL_MS = 30_000

/** The vendor's own download, asked for the way the Temporal SDK does it. */
export function vendorDownload(base: string = VENDOR): BinarySource {
  return {
    origin: 'temporal.download',
    async fetch(folder, _pin, progress) {
      const { archiveUrl, fileToExtract } = await archiveInfo(base)
      const archive = join(folder, 'archive.tar.gz')
      await download(archiveUrl, archive, progress)
      await extract(archive, fileToExtract, folder)
      return join(folder, fileToExtract)
    },
  }
}

async function archiveInfo(base: string): Promise<{ archiveUrl: string; fileToExtract: string }> {
  const query = new URLSearchParams({ arch: process.arch === 'arm64' ? 'arm64' : 'amd64', platform: process.platform })
  const response = await answerWithin(`${base}/cli/v${TEMPORAL_CLI.version}?${query.toString()}`, AbortSignal.timeout(ANSWER_MS))
  const info = (await response.json()) as Record<string, unknown>
  const { archiveUrl, fileToExtract } = info
  if (typeof archiveUrl !== 'string' || typeof fileToExtract !== 'string' || !/^[\w.-]+$/.test(fileToExtract)) {
    throw new Error('it answered something that is no download')
  }
  return { archiveUrl, fileToExtract }
}

async function download(url: string, file: string, progress: (received: number, total: number) => void): Promise<void> {
  const stall = new AbortController()
  let timer = setTimeout(() => stall.abort(new Error('the download stalled')), STALL_MS)
  try {
    const response = await answerWithin(url, stall.signal)
    const total = Number(response.headers.get('content-length') ?? 0)
    let received = 0
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        received += chunk.length
        progress(received, total)
        clearTimeout(timer)
        timer = setTimeout(() => stall.abort(new Error('the download stalled')), STALL_MS)
        done(null, chunk)
      },
    })
    if (response.body === null) throw new Error('the answer has no content')
    await pipeline(Readable.fromWeb(response.body), counter, createWriteStream(file), {
      signal: stall.signal,
    })
  } finally {
    clearTimeout(timer)
  }
}

async function answerWithin(url: string, signal: AbortSignal): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, { signal })
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error })
  }
  if (!response.ok) throw new Error(`it answered ${response.status}`)
  return response
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  const { cause, name, message } = error as { cause?: { code?: string; message?: string }; name: string; message: string }
  if (name === 'TimeoutError') return `no answer within ${ANSWER_MS / 1000} s`
  return cause?.code ?? cause?.message ?? message
}

function extract(archive: string, member: string, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const tar = spawn('tar', ['-xzf', archive, '-C', folder, member], { stdio: 'ignore' })
    tar.once('error', reject)
    tar.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`the archive cannot be unpacked (tar ended with ${code})`)),
    )
  })
}
