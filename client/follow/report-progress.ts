import { existsSync, statSync } from 'node:fs'
import { logPath } from '../../activities/store/run-layout.ts'
import type { CommandContext } from '../command.ts'
import { progressView } from '../views/progress-view.ts'
import { changeLines } from './change-lines.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import { tailFile } from './tail-file.ts'

/** Shows where a run stands while it goes on. */
export interface ProgressReport {
  show(snapshot: RunSnapshot): void
  /** Ends it: what is in the log of the run is shown to its last line. */
  end(runId: string | null): Promise<void>
}

const LOG_MUST_BE_THERE_MS = 3000

/**
 * On a terminal a table that is drawn again and again, with `-v` the log above it. Otherwise the run's log as it is
 * written, so that console and file say the same; where the file is on another machine, a line for each change.
 */
export function reportProgress(
  context: CommandContext,
  options: { readonly skipLog: (runId: string) => number },
): ProgressReport {
  if (context.quiet) return { show: () => undefined, end: () => Promise.resolve() }
  const lines = context.terminal && !context.verbose ? null : new LogLines(context, options.skipLog)
  let trouble: string | null = null
  return {
    show: (snapshot) => {
      if (context.terminal) context.live.draw(progressView(snapshot))
      lines?.show(snapshot)
      if (!context.terminal && snapshot.trouble !== null && snapshot.trouble !== trouble) context.note(`! ${snapshot.trouble}`)
      trouble = snapshot.trouble
    },
    end: async (runId) => {
      await lines?.end(runId)
      context.live.clear()
    },
  }
}

/** How much of a run's log there is already: a resume shows only what it adds. */
export function logSize(projectDir: string, runId: string): number {
  const path = logPath(projectDir, runId)
  return existsSync(path) ? statSync(path).size : 0
}

class LogLines {
  readonly #context: CommandContext
  readonly #skipLog: (runId: string) => number
  readonly #stop = new AbortController()
  #tail: Promise<void> | null = null
  #last: RunSnapshot | null = null
  #firstAt: number | null = null

  constructor(context: CommandContext, skipLog: (runId: string) => number) {
    this.#context = context
    this.#skipLog = skipLog
  }

  show(snapshot: RunSnapshot): void {
    const runId = snapshot.progress?.run_id
    if (runId !== undefined && this.#tail === null) {
      this.#firstAt ??= snapshot.at
      if (existsSync(logPath(this.#context.projectDir, runId))) this.#tail = this.#follow(runId)
    }
    const noLog = this.#tail === null && this.#firstAt !== null && snapshot.at - this.#firstAt > LOG_MUST_BE_THERE_MS
    if (noLog) {
      for (const line of changeLines(this.#last, snapshot)) this.#context.note(line)
      this.#last = snapshot
    }
  }

  /** A run may be over before it was looked at: its log is then shown as a whole. */
  async end(runId: string | null): Promise<void> {
    this.#stop.abort()
    if (runId !== null && this.#tail === null && existsSync(logPath(this.#context.projectDir, runId)))
      this.#tail = this.#follow(runId)
    await this.#tail
  }

  async #follow(runId: string): Promise<void> {
    const path = logPath(this.#context.projectDir, runId)
    for await (const line of tailFile(path, { stop: this.#stop.signal, from: this.#skipLog(runId) })) this.#context.note(line)
  }
}
