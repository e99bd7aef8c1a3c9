import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'

const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user']
const mount = (dir: string, size: string): string => `mount -t tmpfs -o size=${size} none '${dir}'`

/** Whether this machine lets us mount a small disk that only processes of our own see. */
export const canMount = spawnSync('unshare', ['--mount', ...asRoot, 'sh', '-c', mount('/mnt', '1m')]).status === 0

/** A disk of a few kilobytes on a folder, for those processes that are run through it. */
export interface SmallDisk {
  /** The command that runs another where the disk is mounted. */
  readonly through: readonly string[]
  /** The path by which everybody else sees what is on the disk. */
  inside(path: string): string
  resize(size: string): void
  dispose(): void
}

/** Mounts a disk of this size (`64k`, `2m`) on a folder. */
export async function mountSmallDisk(dir: string, size: string): Promise<SmallDisk> {
  const holder = spawn('unshare', ['--mount', ...asRoot, 'sh', '-c', `${mount(dir, size)} && echo mounted && exec sleep 1000`])
  await isMounted(holder)
  const asOwner = asRoot.length === 0 ? [] : ['--user', '--preserve-credentials']
  const enter = 'nsenter'
  const target = [`--target=${String(holder.pid)}`, '--mount', ...asOwner]
  return {
    through: [enter, ...target, `--wdns=${dirname(dir)}`],
    inside: (path) => join('/proc', String(holder.pid), 'root', path),
    resize: (to) => {
      const { status, stderr } = spawnSync(enter, [...target, 'mount', '-o', `remount,size=${to}`, dir], { encoding: 'utf8' })
      if (status !== 0) throw new Error(stderr)
    },
    dispose: () => void holder.kill('SIGKILL'),
  }
}

function isMounted(holder: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    holder.stdout?.once('data', () => resolve())
    holder.once('exit', (code) => reject(new Error(`the disk was not mounted: ${String(code)}`)))
  })
}
