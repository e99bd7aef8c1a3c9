import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { choosePorts, isPortFree } from '../../worker/ports.ts'

let folder = ''
const servers: Server[] = []
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'onclock-ports-'))))
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await rm(folder, { recursive: true })
})

async function occupy(port: number): Promise<number> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

describe('choosePorts', () => {
  it('gives a project the same ports each time, and other ones to another project', async () => {
    const first = await choosePorts('/a/project', folder, {})
    expect(await choosePorts('/a/project', folder, {})).toEqual(first)
    expect(new Set(Object.values(first)).size).toBe(3)
    await rm(join(folder, 'ports.json'))
    expect(await choosePorts('/a/project', folder, {})).toEqual(first)
    await rm(join(folder, 'ports.json'))
    expect(await choosePorts('/another', folder, {})).not.toEqual(first)
  })

  it('moves only the port that is taken, and stays there', async () => {
    const first = await choosePorts('/a/project', folder, {})
    await occupy(first.ui)
    const second = await choosePorts('/a/project', folder, {})
    expect(second.grpc).toBe(first.grpc)
    expect(second.ui).not.toBe(first.ui)
    expect(await isPortFree(second.ui)).toBe(true)
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
    expect(await choosePorts('/a/project', folder, {})).toEqual(second)
  })

  it('takes the ports that are pinned, and forgets them when they no longer are', async () => {
    const free = await choosePorts('/a/project', folder, {})
    const pinned = await choosePorts('/a/project', folder, { ONCLOCK_PORT: '27111', ONCLOCK_UI_PORT: '27112' })
    expect(pinned).toEqual({ grpc: 27111, ui: 27112, http: free.http })
    expect((await choosePorts('/a/project', folder, {})).grpc).toBe(free.grpc)
  })

  it('refuses a pinned port that is in use, with what to do', async () => {
    const port = await occupy(0)
    await expect(choosePorts('/a/project', folder, { ONCLOCK_UI_PORT: String(port) })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`ONCLOCK_UI_PORT pins port ${port}`),
      hint: expect.stringContaining('ONCLOCK_UI_PORT'),
    })
  })

  it.each(['no', '0', '70000', '80.5'])('refuses %j as a port', async (text) => {
    await expect(choosePorts('/a/project', folder, { ONCLOCK_PORT: text })).rejects.toMatchObject({ code: 'USAGE' })
  })
})
