import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { connectClient } from '../../worker/connection.ts'
import { accessTemporal } from '../../worker/embedded.ts'
import { probeServer } from '../../worker/probe-server.ts'

let server: Server | null = null
afterEach(() => server?.close())

async function listen(): Promise<string> {
  const started = createServer((socket) => socket.resume())
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(started.address() as AddressInfo).port}`
}

describe('probeServer', () => {
  it.each([
    ['127.0.0.1:1', /127\.0\.0\.1:1 \(set by --address\) does not answer: nothing listens there/],
    ['nowhere.invalid:7233', /the name nowhere\.invalid is unknown/],
    ['127.0.0.1:99999', /no valid port/],
  ])('says why %s cannot be reached', async (address, message) => {
    await expect(probeServer(address, '--address')).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('TEMPORAL_ADDRESS'),
    })
  })

  it('is content with a port that accepts', async () => {
    await expect(probeServer(await listen(), '--address')).resolves.toBeUndefined()
  })
})

describe('accessTemporal', () => {
  it('never runs on the laptop instead when a configured server does not answer', async () => {
    const options = { projectDir: '/nowhere', needWorker: true, tty: false, onEvent: () => undefined }
    await expect(accessTemporal({ ...options, address: '127.0.0.1:1' })).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
  })
})

describe('connectClient', () => {
  it('gives up within seconds on a server that accepts and then says nothing', async () => {
    const address = await listen()
    const started = performance.now()
    await expect(connectClient({ address, namespace: 'default' })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringContaining(address),
    })
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
