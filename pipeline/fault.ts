/** One thing that is wrong in a file that people wrote, with its place. Faults are collected, never thrown one at a time. */
export interface Fault {
  /** Stable, for programs: `unknown_key`, `bad_value`, `missing_key`, `yaml_syntax`, `cycle`, … */
  readonly code: string
  /** `unknown key "retires" in stage "clean"`: no place in it, no full stop. */
  readonly message: string
  /** What to do: `Did you mean "retry"?` */
  readonly hint: string | null
  /** As people would open it, relative to the working directory or as given. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  /** `error` stops; `warning` is printed and goes on. */
  readonly severity: 'error' | 'warning'
}
