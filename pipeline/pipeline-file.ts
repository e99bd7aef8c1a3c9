import { z } from 'zod'
import { CRON_PATTERN } from './cron.ts'
import { DURATION_PATTERN } from './duration.ts'

/**
 * The pipeline file as people write it: one schema a section, so that a fault in one section leaves the others checked.
 * The words of `.describe()` are what editors show.
 */

const DURATION_WORDS = 'must be a duration with its unit, such as 30s, 5m or 1h30m'
const DURATION_EXAMPLES = ['500ms', '30s', '5m', '1h30m', '2d']
/** A duration above zero: as the pattern of durations, with a digit other than 0 somewhere. */
const ABOVE_ZERO = new RegExp(DURATION_PATTERN.source.replace('^', '^(?=.*[1-9])'))

const duration = (description: string) =>
  z
    .string({ error: DURATION_WORDS })
    .regex(DURATION_PATTERN, { error: DURATION_WORDS })
    .meta({ title: 'duration', examples: DURATION_EXAMPLES })
    .describe(description)
const period = (description: string) =>
  z
    .string({ error: DURATION_WORDS })
    .regex(ABOVE_ZERO, { error: `${DURATION_WORDS}, above zero` })
    .meta({ title: 'duration', examples: DURATION_EXAMPLES })
    .describe(description)
const text = (description: string) => z.string().min(1, { error: 'must not be empty' }).describe(description)

const NAME_WORDS = 'must begin with a letter or digit and hold only letters, digits, spaces, "_", "-" and ".": it names files'
/** Names files and activities; `plan` and `close` are activities of the engine. */
const STAGE_NAME = /^(?!(?:plan|close)$)[\p{L}\p{N}_](?:[\p{L}\p{N}_ .-]{0,98}[\p{L}\p{N}_-])?$/u

const ON_FAILURE = ['fail', 'continue', 'warn', 'pause'] as const
const PARAM_TYPES = ['text', 'string', 'integer', 'decimal', 'number', 'boolean', 'path', 'date', 'id'] as const
const OVERLAPS = ['skip', 'buffer_one', 'buffer_all', 'cancel_other', 'terminate_other', 'allow_all'] as const

const retrySpec = z
  .strictObject({
    maximum_attempts: z.int().min(1).max(1000).describe('Attempts in all, the first one included. Default: 3.').optional(),
    initial_interval: period('Wait before the second attempt. Default: 1s.').optional(),
    backoff_coefficient: z
      .number()
      .min(1)
      .max(100)
      .describe('Each wait is this many times the one before. Default: 2.')
      .optional(),
    maximum_interval: period('No wait is longer than this. Default: 1m.').optional(),
    non_retryable: z
      .array(text('An error code, such as MY_ERROR.'))
      .describe('Error codes that another attempt cannot mend; the stage fails at once.')
      .optional(),
  })
  .describe('How often and how soon a stage that failed is tried again.')

const onFailure = z
  .enum(ON_FAILURE)
  .describe(
    'fail: nothing more starts. continue: independent branches go on, the run fails. warn: the run may complete. pause: the run waits for a person (onclock resume, skip or cancel). Default: fail.',
  )

const pauseTimeout = period(
  'With on_failure: pause, how long the run waits for a person; then the stage has failed as with fail. Default: 24h.',
)

export const configSpec = z
  .strictObject({
    log_level: z
      .enum(['DEBUG', 'INFO', 'WARNING', 'ERROR'])
      .describe('The least important log lines shown. Default: INFO.')
      .optional(),
    data_dir: text('Folder of the data, relative to the project. Default: data.').optional(),
    output_dir: text('Folder of the run directories. Default: <data_dir>/output.').optional(),
    timezone: text('IANA time zone of run IDs and schedules, such as Europe/Berlin. Default: UTC.').optional(),
    python: text('Python interpreter of Python stages. Default: python3, then python.').optional(),
  })
  .describe('Settings of the whole pipeline.')

export const paramSpec = z
  .strictObject({
    type: z
      .enum(PARAM_TYPES)
      .describe('What the value is: text, integer, decimal, boolean, path, date (YYYY-MM-DD), id (digits kept as text).'),
    default: z
      .union([z.string(), z.number(), z.boolean()])
      .describe('The value when none is set; without a default, one must be set.')
      .optional(),
    description: z.string().describe('What the parameter is for.').optional(),
  })
  .describe('A parameter: set with --set NAME=VALUE, used as ${params.NAME}.')

export const defaultsSpec = z
  .strictObject({
    retry: retrySpec.optional(),
    timeout: period('Longest time of one attempt. Default: 1h.').optional(),
    heartbeat_timeout: period('A stage that shows no sign of life for this long counts as lost. Default: 30s.').optional(),
    on_failure: onFailure.optional(),
    pause_timeout: pauseTimeout.optional(),
  })
  .describe('For every stage; each stage may override.')

export const executionSpec = z
  .strictObject({
    parallel: z
      .boolean()
      .describe('true: stages that do not need each other run at once. false: one at a time, in file order. Default: false.')
      .optional(),
    max_parallel: z.int().min(1).max(1000).describe('Stages at once, with parallel: true. Default: 4.').optional(),
    stop_on_error: z.boolean().describe('false: branches that do not depend on a failed stage go on. Default: true.').optional(),
    retry_failed: z
      .boolean()
      .describe('false: one attempt a stage. true: max_retries of them. Default: the retry policy.')
      .optional(),
    max_retries: z
      .int()
      .min(0)
      .max(1000)
      .describe('Attempts of a stage that fails, with retry_failed: true. Default: 3.')
      .optional(),
    timeout: period('Longest time of the whole run. Default: none.').optional(),
  })
  .describe('How the stages run together.')

const stageName = (description: string) => z.string().max(100).regex(STAGE_NAME, { error: NAME_WORDS }).describe(description)

export const stageSpec = z
  .strictObject({
    name: stageName('Name of the stage: in the log, in files, in the Temporal UI, in needs and input.'),
    module: text('A built-in stage by name, a .ts or .js file of the project, or a Python module (src.my_stage).').optional(),
    command: z
      .union([z.string().min(1), z.array(z.union([z.string(), z.number(), z.boolean()])).min(1)])
      .describe('Instead of a module: a line for the shell, or a list of a program and its arguments.')
      .optional(),
    function: text('The function of the module. Default: run.').optional(),
    enabled: z.boolean().describe('false: the stage is left out. Default: true.').optional(),
    needs: z
      .union([z.array(text('Name of a stage.')), text('Name of a stage.')])
      .describe(
        'Stages that must have ended well before. Default: the stage before (with parallel: true, none); with input, the stages it names.',
      )
      .optional(),
    input: z
      .union([
        text('A stage, or stage.dataset.'),
        z.record(z.string().regex(/^[A-Za-z_]\w*$/), text('A stage, or stage.dataset.')),
      ])
      .describe('Whose rows the stage works on: a stage, stage.rejected, or several by name {videos: clean, moods: sentiment}.')
      .optional(),
    config: z.record(z.string(), z.unknown()).describe('What the module is told.').optional(),
    retry: retrySpec.optional(),
    timeout: period('Longest time of one attempt. Default: 1h.').optional(),
    heartbeat_timeout: period('The stage counts as lost without a sign of life for this long. Default: 30s.').optional(),
    on_failure: onFailure.optional(),
    pause_timeout: pauseTimeout.optional(),
  })
  .describe('One named step: a module or a command, and its config.')

const slotTime = (description: string) =>
  z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/, {
      error: 'must be a time with its zone, such as 2026-12-01T00:00:00Z or 2026-12-01T00:00+01:00',
    })
    .describe(description)

export const scheduleSpec = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,60}$/, { error: 'must hold only letters, digits, "_" and "-": it is part of run IDs' })
      .describe('Name of the schedule; part of the IDs of its runs.'),
    cron: z
      .string()
      .regex(CRON_PATTERN, { error: 'must be five fields such as 0 2 * * *, or @daily' })
      .describe('When: minute, hour, day of month, month, day of week. Quote it.')
      .optional(),
    every: period('Instead of cron: at this distance, such as 15m.').optional(),
    timezone: text('IANA time zone of the cron line. Default: that of the pipeline.').optional(),
    overlap: z.enum(OVERLAPS).describe('What to do when the last run is still going. Default: skip.').optional(),
    catchup_window: period('Slots missed for longer than this are not made up for. Default: 1h.').optional(),
    jitter: duration('Start at random up to this much later. Default: 0s.').optional(),
    start: slotTime('No slot before this time, such as 2026-12-01T00:00:00Z. Default: at once.').optional(),
    end: slotTime('No slot after this time. Default: never.').optional(),
    pause_on_failure: z.boolean().describe('Pause the schedule after a run that failed. Default: false.').optional(),
    set: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .describe('Values of parameters for these runs; ${schedule.time} in them is the time of the slot.')
      .optional(),
  })
  .describe('When runs start by themselves.')

/** The whole file: what the JSON Schema for editors is made of. `parsePipeline` checks section by section. */
export const fileSpec = z.strictObject({
  pipeline: z
    .strictObject({
      name: z.string().min(1).max(200).describe('Name of the pipeline.'),
      description: z.string().describe('What the pipeline is for.').optional(),
      config: configSpec.optional(),
      params: z
        .record(z.string().regex(/^[A-Za-z_][\w-]*$/), paramSpec)
        .describe('Parameters, by name.')
        .optional(),
      defaults: defaultsSpec.optional(),
      execution: executionSpec.optional(),
      stages: z.array(stageSpec).min(1).describe('The stages, in order.'),
      schedules: z
        .array(scheduleSpec)
        .describe('When runs start by themselves. Put in force with onclock schedule apply.')
        .optional(),
    })
    .describe('The pipeline.'),
})

export type RetrySpec = z.infer<typeof retrySpec>
export type ConfigSpec = z.infer<typeof configSpec>
export type ParamSpec = z.infer<typeof paramSpec>
export type DefaultsSpec = z.infer<typeof defaultsSpec>
export type ExecutionSpec = z.infer<typeof executionSpec>
type StageSpec = z.infer<typeof stageSpec>
/** A stage of which faulty or missing keys are left out. */
export type SoundSpec = { readonly [Key in keyof StageSpec]?: StageSpec[Key] | undefined }
export type ScheduleSpec = z.infer<typeof scheduleSpec>

/** Words of the language for later versions, of pipelines and of rules, where a schema does not know them: told apart from unknown keys, so that nobody looks for a slip of the pen. */
export const NOT_OFFERED_YET: ReadonlySet<string> = new Set([
  'when',
  'finally',
  'notify',
  'new_file',
  'settled_for',
  'late_after',
  'parts',
  'repeats',
  'count',
  'share',
  'average_length',
  'similar',
  'not_similar',
  'outlier',
  'not_outlier',
  'except_in',
  'units',
  'checks',
  'top',
  'derive',
  'select',
  'sort',
  'sample',
])
