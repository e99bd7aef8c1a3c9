import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type Database, openDatabase } from '../../activities/duckdb.ts'
import { toOnclockError } from '../../activities/error-of.ts'
import { runStageAlone } from '../../activities/run-alone.ts'
import type { StageLog } from '../../activities/stage.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { CommandContext, CommandResult, StreamItem } from '../command.ts'
import { parseConfig, readConfigFile } from '../project/read-config.ts'
import { errorJson, exitOf } from '../views/error-view.ts'

export interface StageRunOptions {
  readonly config: string
  readonly out: string
}

/**
 * Runs one stage in this process and returns its metadata; with `--config -` one answer for each line of stdin, in order,
 * and the highest exit code of them all.
 */
export async function stageRun(context: CommandContext, module: string, options: StageRunOptions): Promise<CommandResult> {
  const alone = new Alone(context, module)
  if (options.config === '-') {
    let exit = 0
    const stream = answers(context, alone, resolve(context.cwd, options.out), (code) => {
      exit = Math.max(exit, code)
    })
    return { stream, exit: () => exit }
  }
  const config = await readConfigFile(context.cwd, options.config)
  const signal = context.onInterrupt()
  try {
    const metadata = await alone.run(config, resolve(context.cwd, options.out), signal)
    return { json: metadata, text: () => JSON.stringify(metadata, null, 2) }
  } catch (error) {
    if (!signal.aborted) throw error
    return { exit: Number(signal.reason), notes: ['stopped'] }
  } finally {
    await alone.close()
  }
}

/** Each config gets a folder of its own below `outDir`, since their outputs have the same names; paths start at `outDir`. */
async function* answers(
  context: CommandContext,
  alone: Alone,
  outDir: string,
  onExit: (code: number) => void,
): AsyncGenerator<StreamItem> {
  const signal = context.onInterrupt()
  let number = 0
  try {
    for await (const line of createInterface({ input: context.stdin, crlfDelay: Infinity })) {
      if (signal.aborted) break
      number += 1
      const folder = String(number).padStart(4, '0')
      const { json, exit } = await answer(alone, { line, number, outDir, folder, signal })
      onExit(exit)
      yield { json, text: () => JSON.stringify(json) }
    }
    if (signal.aborted) onExit(Number(signal.reason))
  } finally {
    await alone.close()
  }
}

interface Question {
  readonly line: string
  readonly number: number
  readonly outDir: string
  readonly folder: string
  readonly signal: AbortSignal
}

async function answer(alone: Alone, question: Question): Promise<{ readonly json: JsonObject; readonly exit: number }> {
  const { line, number, outDir, folder, signal } = question
  try {
    if (line.trim() === '') throw new OnclockError('CONFIG_INVALID', `line ${number}: it is blank; each line is a config as JSON`)
    const metadata = await alone.run(parseConfig(line, `line ${number}`, { json: true }), join(outDir, folder), signal)
    const outputs = metadata['outputs'] as readonly (JsonObject & { readonly path: string })[]
    const placed = outputs.map((file) => ({ ...file, path: `${folder}/${file.path}` }))
    return { json: { ...metadata, outputs: placed }, exit: 0 }
  } catch (error) {
    const fault = toOnclockError(error)
    return { json: errorJson(fault), exit: exitOf(fault) }
  }
}

/** What all runs of the command share: one database, opened when the first stage needs it. */
class Alone {
  readonly #context: CommandContext
  readonly #module: string
  #database: Promise<Database> | null = null
  #spill: string | null = null

  constructor(context: CommandContext, module: string) {
    this.#context = context
    this.#module = module
  }

  run(config: JsonObject, outDir: string, signal: AbortSignal): Promise<JsonObject> {
    const { projectDir } = this.#context
    return runStageAlone({
      projectDir,
      module: this.#module,
      config,
      outDir,
      database: () => this.#open(),
      log: this.#log(),
      signal,
    })
  }

  async close(): Promise<void> {
    const database = await this.#database?.catch(() => null)
    database?.close()
    if (this.#spill !== null) await rm(this.#spill, { recursive: true, force: true })
  }

  #open(): Promise<Database> {
    this.#database ??= mkdtemp(join(tmpdir(), 'onclock-')).then((folder) => {
      this.#spill = folder
      return openDatabase({ spillDir: folder })
    })
    return this.#database
  }

  #log(): StageLog {
    const { note, verbose } = this.#context
    return {
      debug: (message) => verbose && note(message),
      info: note,
      warn: (message) => note(`! ${message}`),
      error: (message) => note(`✖ ${message}`),
    }
  }
}
