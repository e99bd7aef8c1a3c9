import { type GuardedProcess, spawnGuarded } from '../activities/guard/spawn-guarded.ts'
import type { ServerPorts } from './ports.ts'

/** The database's name in the state folder. */
const DATABASE = 'temporal.db'

/** What search attributes the workflow sets; ten of them fit into a namespace on SQLite. */
const SEARCH_ATTRIBUTES = {
  OnclockPipeline: 'Keyword',
  OnclockRunId: 'Keyword',
  OnclockStatus: 'Keyword',
  OnclockFailedStages: 'KeywordList',
}

/** The limits of the defaults make every sequential stage wait 50 ms (20 polls a second). */
const DYNAMIC_CONFIG = { 'history.transferProcessorMaxPollRPS': '2000', 'history.timerProcessorMaxPollRPS': '2000' }

/** Write-ahead log for speed, `full` so that no acknowledged start is lost when the power goes. */
const PRAGMAS = { journal_mode: 'wal', synchronous: 'full' }

export interface DevServerOptions {
  readonly binary: string
  readonly projectDir: string
  readonly stateDir: string
  readonly ports: ServerPorts
  readonly logFile: string
}

/** Starts the Temporal dev server on the loopback interface, with its database in the project's state folder. */
export function startDevServer({ binary, projectDir, stateDir, ports, logFile }: DevServerOptions): GuardedProcess {
  return spawnGuarded(binary, serverArguments(projectDir, ports), {
    // The server takes a path with `?`, `#` or `%` in it for part of a URL and writes somewhere else, so it gets none.
    cwd: stateDir,
    env: serverEnvironment(process.env),
    logFile,
    graceMs: 8_000,
  })
}

/** The text in a server's command line by which a server of this project is known. */
export function serverMark(projectDir: string): string {
  return `onclock.project=${JSON.stringify(projectDir)}`
}

function serverArguments(projectDir: string, ports: ServerPorts): string[] {
  const fixed = 'server start-dev --ip 127.0.0.1 --log-level warn --ui-disable-news-fetch'.split(' ')
  const own = { '--port': ports.grpc, '--ui-port': ports.ui, '--http-port': ports.http, '--db-filename': DATABASE }
  return [
    ...fixed,
    ...Object.entries(own).flatMap(([flag, value]) => [flag, String(value)]),
    ...pairs('--sqlite-pragma', PRAGMAS),
    ...pairs('--search-attribute', SEARCH_ATTRIBUTES),
    ...pairs('--dynamic-config-value', DYNAMIC_CONFIG),
    '--dynamic-config-value',
    serverMark(projectDir),
  ]
}

/** What the machine's owner set for other Temporal servers is not meant for this one. */
function serverEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')))
}

function pairs(flag: string, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`])
}
