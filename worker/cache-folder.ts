import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where this user keeps what can be fetched or built again (the Temporal binary, workflow bundles), so that ten projects do
 * not download ten times: `ONCLOCK_CACHE_DIR`, then the platform's place for caches.
 */
export function userCacheDir(env: Environment): string {
  const own = env['ONCLOCK_CACHE_DIR']
  if (own !== undefined && own !== '') return own
  const xdg = env['XDG_CACHE_HOME']
  if (xdg !== undefined && xdg !== '') return join(xdg, 'onclock')
  const home = env['HOME'] ?? homedir()
  return process.platform === 'darwin' ? join(home, 'Library', 'Caches', 'onclock') : join(home, '.cache', 'onclock')
}

/** What belongs to this project alone: the server's database, locks, logs. */
export function projectStateDir(projectDir: string): string {
  return join(projectDir, '.onclock')
}

/** The first of the caches that can be written: the user's, otherwise the project's. */
export async function writableCacheDir(projectDir: string, env: Environment): Promise<string> {
  const candidates = [userCacheDir(env), join(projectStateDir(projectDir), 'cache')]
  for (const candidate of candidates) {
    try {
      await mkdir(candidate, { recursive: true })
      return candidate
    } catch {
      // The next one.
    }
  }
  return candidates[1] as string
}
