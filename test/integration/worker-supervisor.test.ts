import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { spawnGuarded } from '../../activities/guard/spawn-guarded.ts'
import { serverMark } from '../../worker/dev-server.ts'
import { embeddedStatus, stopEmbedded } from '../../worker/embedded.ts'
import { identifyProcess, processesWithCommand } from '../../worker/process-identity.ts'
import { readHolder } from '../../worker/supervisor-lock.ts'
import { findTemporalBinary } from '../../worker/temporal-binary.ts'
import { workerMark } from '../../worker/worker-process.ts'
import { LeaseProjects, statusWhen } from '../support/lease-command.ts'
import { eventually } from '../support/process-table.ts'

const projects = new LeaseProjects()
afterEach(() => projects.dispose())

const isGone = (pid: number | null): boolean => pid === null || identifyProcess(pid) === null
const nothingRuns = (projectDir: string): boolean =>
  [serverMark(projectDir), workerMark(projectDir), `--project ${projectDir} `].every(
    (mark) => processesWithCommand(mark).length === 0,
  )

describe('the supervisor', () => {
  it('is one for all commands that come at once', async () => {
    const dir = projects.folder()
    const commands = Array.from({ length: 4 }, () => projects.command(dir))
    const held = await Promise.all(commands.map((command) => command.hears('held')))
    expect(new Set(held.map(({ address }) => address)).size).toBe(1)
    const status = await statusWhen(dir)
    expect(status.leases).toBe(4)
    expect(processesWithCommand(`--project ${dir} `).map(({ pid }) => pid)).toEqual([status.pid])
    expect(processesWithCommand(serverMark(dir)).map(({ pid }) => pid)).toEqual([status.server.pid])
    expect(processesWithCommand(workerMark(dir)).map(({ pid }) => pid)).toEqual([status.worker.pid])
    expect((await fetch(status.uiUrl)).status).toBe(200)
    // The UI may have tried to reach the server a moment before it answered, and tries again a second later.
    await vi.waitFor(
      async () => {
        const namespace = await fetch(`${status.uiUrl}/api/v1/namespaces/default`).then((response) => response.json())
        expect(namespace).toMatchObject({ config: { workflowExecutionRetentionTtl: '2592000s' } })
      },
      { timeout: 20_000, interval: 250 },
    )
  })

  it('ends at once when the last command without a terminal is gone, even one that was killed', async () => {
    const dir = projects.folder()
    const [ends, killed] = [projects.command(dir), projects.command(dir)]
    await Promise.all([ends.hears('held'), killed.hears('held')])
    await ends.release()
    expect((await statusWhen(dir, ({ leases }) => leases === 1)).running).toBe(true)
    killed.child.kill('SIGKILL')
    expect(await eventually(() => nothingRuns(dir), 20_000)).toBe(true)
    expect(await embeddedStatus(dir)).toEqual({ running: false })
  })

  it('stays for a while after a command that had a terminal, so that links work, and the next command is warm', async () => {
    const dir = projects.folder()
    const first = projects.command(dir, { tty: true, env: { ONCLOCK_LINGER: '4s' } })
    const { address } = await first.hears('held')
    await first.release()
    await sleep(2_500)
    const second = projects.command(dir)
    expect(await second.hears('held')).toMatchObject({ address })
    expect(await second.hears('ready')).toMatchObject({ cold: false })
    await second.release()
    await sleep(2_500)
    expect((await embeddedStatus(dir)).running).toBe(true)
    expect(await eventually(() => nothingRuns(dir), 20_000)).toBe(true)
  })

  it('keeps the ports from one start to the next', async () => {
    const dir = projects.folder()
    const first = projects.command(dir)
    const { uiUrl, address } = await first.hears('held')
    expect(await stopEmbedded(dir)).toEqual({ stopped: true, openRuns: 0 })
    expect(await first.hears('ended')).toMatchObject({ notable: true })
    expect(nothingRuns(dir)).toBe(true)
    expect(await stopEmbedded(dir)).toEqual({ stopped: false, openRuns: null })
    expect(await projects.command(dir).hears('held')).toMatchObject({ uiUrl, address })
  })

  it('takes over a lock whose process was killed, with the server and worker it left', async () => {
    const dir = projects.folder()
    const first = projects.command(dir)
    await first.hears('held')
    const before = await statusWhen(dir)
    first.child.kill('SIGKILL')
    process.kill(before.pid, 'SIGKILL')
    const next = projects.command(dir)
    await next.hears('held')
    const after = await statusWhen(dir)
    expect(after.pid).not.toBe(before.pid)
    expect(after.address).toBe(before.address)
    expect(isGone(before.server.pid) && isGone(before.worker.pid)).toBe(true)
    expect(processesWithCommand(serverMark(dir))).toHaveLength(1)
  })

  it('ends a server without a supervisor that still holds the database', async () => {
    const dir = projects.folder()
    await mkdir(join(dir, '.onclock'))
    const binary = await findTemporalBinary({ projectDir: dir, env: process.env, onEvent: () => undefined })
    const orphan = spawnGuarded(binary.path, [
      'server',
      'start-dev',
      '--headless',
      '--port',
      '27331',
      '--dynamic-config-value',
      serverMark(dir),
    ])
    expect(await eventually(() => processesWithCommand(serverMark(dir)).length === 1)).toBe(true)
    await projects.command(dir).hears('held')
    expect((await orphan.exited).signal).toBe('SIGKILL')
  })

  it('ends when its folder is removed under it', async () => {
    const dir = projects.folder()
    await projects.command(dir, { tty: true }).hears('held')
    await statusWhen(dir)
    await rm(join(dir, '.onclock'), { recursive: true, force: true, maxRetries: 5 })
    expect(await eventually(() => nothingRuns(dir), 20_000)).toBe(true)
  })

  it('is the same one by whatever link the folder is reached', async () => {
    const dir = projects.folder()
    const link = join(projects.folder('link'), 'project')
    await symlink(dir, link)
    const commands = [projects.command(dir), projects.command(link)]
    await Promise.all(commands.map((command) => command.hears('held')))
    expect(await statusWhen(link)).toMatchObject({ leases: 2 })
  })

  it('ends properly when it gets a signal', async () => {
    const dir = projects.folder()
    const command = projects.command(dir, { tty: true })
    await command.hears('held')
    const { pid, worker } = await statusWhen(dir)
    process.kill(pid, 'SIGTERM')
    await command.hears('ended')
    expect(isGone(worker.pid) && nothingRuns(dir)).toBe(true)
    expect(readHolder(join(dir, '.onclock'))).toBeNull()
  })

  it('says that the folder cannot be written', async () => {
    const dir = projects.folder()
    await writeFile(join(dir, '.onclock'), 'a file')
    await expect(projects.command(dir).hears('held')).rejects.toThrow(/NO_PERMISSION.*cannot be written/)
  })

  it('keeps its files out of a git repository', async () => {
    const dir = projects.folder()
    await projects.command(dir).hears('held')
    execFileSync('git', ['init', '--quiet'], { cwd: dir })
    expect(execFileSync('git', ['status', '--porcelain'], { cwd: dir, encoding: 'utf8' })).toBe('')
  })

  it('puts the database in its place whatever the folder is called', async () => {
    const dir = join(projects.folder('odd'), "a b#?%20'ä")
    await mkdir(dir)
    const command = projects.command(dir)
    await command.hears('held')
    await statusWhen(dir)
    expect(existsSync(join(dir, '.onclock', 'temporal.db'))).toBe(true)
    expect((await readdir(dir)).sort()).toEqual(['.onclock'])
    await stopEmbedded(dir)
  })

  it('refuses a pinned port that is in use, in every command that waits', async () => {
    const dir = projects.folder()
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const env = { ONCLOCK_UI_PORT: String((taken.address() as AddressInfo).port) }
    const commands = [projects.command(dir, { env }), projects.command(dir, { env })]
    for (const command of commands) {
      await expect(command.hears('held')).rejects.toThrow(/PORT_IN_USE.*ONCLOCK_UI_PORT pins port/)
    }
    taken.close()
    expect(await eventually(() => nothingRuns(dir), 20_000)).toBe(true)
  })

  it('says why the server does not start', async () => {
    const dir = projects.folder()
    await mkdir(join(dir, '.onclock'))
    await writeFile(join(dir, '.onclock', 'temporal.db'), 'this is no database, and it is long enough to be looked at'.repeat(50))
    await expect(projects.command(dir).hears('held')).rejects.toThrow(/SERVER_NOT_STARTED.*server\.log says more/s)
    expect(await eventually(() => nothingRuns(dir), 20_000)).toBe(true)
  })

  it('is replaced by one of this build when nobody needs it, and named when somebody does', async () => {
    const dir = projects.folder()
    const root = projects.packageCopy()
    const old = projects.command(dir, { root, tty: true })
    await old.hears('held')
    const before = await statusWhen(dir)
    const beside = projects.command(dir)
    expect((await beside.hears('note')).message).toMatch(/of another build of onclock, and in use/)
    await beside.hears('held')
    await Promise.all([beside.release(), old.release()])
    const next = projects.command(dir)
    expect((await next.hears('note')).message).toMatch(/they are replaced/)
    await next.hears('held')
    expect((await statusWhen(dir)).pid).not.toBe(before.pid)
    expect(isGone(before.pid)).toBe(true)
  })
})
