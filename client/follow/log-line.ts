/** A line of a run's log: `2026-11-24T21:56:29.123Z INFO    [01_clean] started`. */
export interface LogLine {
  /** As it stands in the file. */
  readonly text: string
  readonly time: string | null
  readonly level: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | null
  /** The stage, or `run`; null for a line that nobody of ours wrote. */
  readonly source: string | null
  readonly message: string
}

const PATTERN = /^(?<time>\d{4}-\d\d-\d\dT[\d:.]+Z) (?<level>DEBUG|INFO|WARNING|ERROR) +\[(?<source>[^\]]+)\] (?<message>.*)$/

/** Takes a line of the log apart. */
export function parseLogLine(text: string): LogLine {
  const groups = PATTERN.exec(text)?.groups
  if (groups === undefined) return { text, time: null, level: null, source: null, message: text }
  const { time = '', level = '', source = '', message = '' } = groups
  return { text, time, level: level as NonNullable<LogLine['level']>, source, message }
}
