const PATTERN = /^\d{8}_\d{6}(?:_[A-Za-z0-9_-]+)?$/

/** The ID of a run that starts at `date`: `YYYYMMDD_HHMMSS` on the clock of `timezone` (an IANA name). */
export function newRunId(date: Date, timezone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  const parts = Object.fromEntries(format.formatToParts(date).map((part) => [part.type, part.value]))
  return `${parts['year']?.padStart(4, '0')}${parts['month']}${parts['day']}_${parts['hour']}${parts['minute']}${parts['second']}`
}

/** The next ID to try when a run has this one already: `…_2`, then `…_3`. A schedule's name at the end stays. */
export function nextRunId(id: string): string {
  const counted = /^(?<stem>.*_.*)_(?<count>[2-9]|[1-9]\d{1,4})$/.exec(id)?.groups
  return counted === undefined ? `${id}_2` : `${counted['stem']}_${Number(counted['count']) + 1}`
}

/** Whether the text has the form of a run ID: a timestamp, perhaps followed by a schedule's name or a count. */
export function isRunId(text: string): boolean {
  return PATTERN.test(text)
}

/** Whether a name may be part of a run ID, as a schedule's is. */
export function isRunIdPart(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text)
}

/** Whether the machine knows the time zone. */
export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
