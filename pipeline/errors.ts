/**
 * Every error that people can meet: its exit code (language page, section 5), whether another attempt could help, and one
 * sentence for the errors page. The code travels through Temporal as the failure's type and is what `non_retryable` takes.
 */
export const ERRORS = {
  USAGE: { exit: 2, retryable: false, meaning: 'What was typed is not a command onclock knows, or misses something.' },
  PIPELINE_INVALID: { exit: 2, retryable: false, meaning: 'The pipeline file has faults; all are listed with line and column.' },
  CONFIG_INVALID: { exit: 2, retryable: false, meaning: 'The config of a stage has faults; all are listed.' },
  PARAM_INVALID: { exit: 2, retryable: false, meaning: 'A parameter is unknown, missing, or not of its declared type.' },
  RUN_STATE: {
    exit: 2,
    retryable: false,
    meaning: 'The state of the run forbids what was asked, such as resuming a completed run.',
  },
  BUDGET_EXCEEDED: { exit: 3, retryable: false, meaning: 'More rows were rejected than the error budget allows.' },
  TOO_FEW_ROWS: { exit: 3, retryable: false, meaning: 'Fewer rows came out than `min_output` asks for.' },
  RULE_FAILED: { exit: 3, retryable: false, meaning: 'A rule with `action: fail`, or a rule budget, stopped the stage.' },
  CHECK_FAILED: {
    exit: 3,
    retryable: false,
    meaning: 'A check of the whole output does not hold, and its limit is one that fails.',
  },
  COLUMN_MISSING: { exit: 3, retryable: false, meaning: 'The input lacks a column that the config names.' },
  COLUMN_UNEXPECTED: {
    exit: 3,
    retryable: false,
    meaning: 'The input has a column that the config does not allow, or two that it cannot tell apart.',
  },
  COLUMNS_DIFFER: { exit: 3, retryable: false, meaning: 'The files of one input have not the same columns.' },
  DIALECT_NOT_PINNED: {
    exit: 3,
    retryable: false,
    meaning: 'With `strict: true`, something of how the input is read is neither pinned nor certain.',
  },
  LABELS_MISSING: { exit: 3, retryable: false, meaning: 'The rows to evaluate have no labels of people to be compared with.' },
  INPUT_UNREADABLE: {
    exit: 3,
    retryable: false,
    meaning: 'The input is not a CSV file that can be read: empty, binary, or of another kind.',
  },
  RUN_NOT_FOUND: { exit: 4, retryable: false, meaning: 'No run with this ID is in this project.' },
  SCHEDULE_NOT_FOUND: { exit: 4, retryable: false, meaning: 'No schedule of this name was applied for this project.' },
  STAGE_NOT_FOUND: { exit: 4, retryable: false, meaning: 'The pipeline or run has no stage of this name.' },
  FILE_NOT_FOUND: {
    exit: 4,
    retryable: false,
    meaning: 'A file that was named does not exist, or is a folder; 1 for a run whose YAML alone names it.',
  },
  STAGE_MODULE_NOT_FOUND: {
    exit: 2,
    retryable: false,
    meaning: 'The module of a stage is neither built in nor a file of the project.',
  },
  STAGE_MODULE_INVALID: {
    exit: 2,
    retryable: false,
    meaning: 'The module of a stage cannot be loaded or exports no such function.',
  },
  STAGE_FAILED: { exit: 1, retryable: true, meaning: 'A stage returned false or threw.' },
  STAGE_EXITED: { exit: 1, retryable: true, meaning: 'A stage ended its process or thread before it returned.' },
  STAGE_OUT_OF_MEMORY: { exit: 1, retryable: true, meaning: 'A stage used more memory than it may.' },
  STAGE_TIMED_OUT: { exit: 1, retryable: true, meaning: 'An attempt took longer than the timeout of its stage.' },
  WORKER_LOST: { exit: 5, retryable: true, meaning: 'The worker went away again and again while it ran the stage.' },
  COMMAND_FAILED: { exit: 1, retryable: true, meaning: 'A command stage ended with another exit code than 0.' },
  ROWS_NOT_CONSERVED: {
    exit: 70,
    retryable: false,
    meaning: 'In is not out + rejected + filtered + duplicates: nothing of this attempt is kept.',
  },
  ROWS_UNACCOUNTED: {
    exit: 1,
    retryable: false,
    meaning: "A stage of one's own dropped rows without saying so, or made more than its `rows:` promises.",
  },
  OUTPUT_ALTERED: { exit: 1, retryable: false, meaning: 'A committed output is gone or has other bytes than its record says.' },
  CLAIM_TAKEN: { exit: 1, retryable: false, meaning: 'The run directory belongs to another run with the same ID.' },
  RUN_TIMED_OUT: { exit: 1, retryable: false, meaning: 'The run took longer than `execution.timeout`.' },
  CANCELLED: { exit: 1, retryable: false, meaning: 'The run was cancelled.' },
  SERVER_UNREACHABLE: { exit: 5, retryable: true, meaning: 'The Temporal server that is configured does not answer.' },
  SERVER_NOT_STARTED: { exit: 5, retryable: true, meaning: 'The embedded Temporal server could not be started.' },
  NO_WORKER: { exit: 5, retryable: true, meaning: 'No worker takes up the run.' },
  NO_TEMPORAL_BINARY: { exit: 5, retryable: false, meaning: 'No Temporal binary was found and none could be downloaded.' },
  PORT_IN_USE: { exit: 5, retryable: true, meaning: 'A port that is pinned in the settings is in use.' },
  NO_PYTHON: { exit: 5, retryable: false, meaning: 'A Python stage needs a Python interpreter and none was found.' },
  DISK_FULL: { exit: 5, retryable: true, meaning: 'There is no space left on the disk.' },
  NO_PERMISSION: { exit: 5, retryable: false, meaning: 'A file or folder may not be read or written.' },
  INPUT_MISSING: {
    exit: 1,
    retryable: false,
    meaning: 'A stage needs the output of a disabled stage and no earlier run has one.',
  },
  UNEXPECTED: { exit: 70, retryable: true, meaning: 'A bug of onclock: please report it with the log.' },
  NOT_FINISHED: {
    exit: 6,
    retryable: false,
    meaning: 'The run waits for a person, or the time given with --timeout passed; it goes on.',
  },
} as const satisfies Record<string, { exit: number; retryable: boolean; meaning: string }>

export type ErrorCode = keyof typeof ERRORS

/** What each exit code of the command means. */
export const EXIT_CODES = {
  0: 'Done, warnings included. A closed pipe (`| head`) is 0 too.',
  1: 'The run did not succeed: it failed, timed out, or was terminated or cancelled.',
  2: "What was typed or written is wrong: usage, YAML, or a request that the run's state forbids.",
  3: 'Stopped by the data: a budget, a rule or check that fails, an input that is no CSV file.',
  4: 'A run, stage or file that was named on the command line does not exist.',
  5: 'The surroundings: server, worker, Temporal binary, Python, disk, permissions.',
  6: 'Not finished: the time given with `--timeout` passed, and the run goes on.',
  7: 'Differences: `verify` found them, or `diff` with `--exit-code`.',
  70: 'A bug of onclock.',
  130: 'Ctrl-C. A run that was watched goes on.',
  143: 'SIGTERM.',
} as const

/** An error with a stable code, a message that says what is wrong and where, and a hint that says what to do next. */
export class OnclockError extends Error {
  override readonly name = 'OnclockError'
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }

  /** Whether another attempt could end differently. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }
}

/** The message of anything that was thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
