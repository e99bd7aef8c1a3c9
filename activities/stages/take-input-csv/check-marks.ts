import type { ConfigIssue } from '../../../pipeline/catalog.ts'
import type { TakeInputCsvConfig } from './config.ts'

/** Faults of the marks that a file is read by: two of them that are the same, or begin alike, cannot be told apart. */
export function markIssues({ delimiter, quote, escape, comment }: TakeInputCsvConfig): readonly ConfigIssue[] {
  const issue = (key: string, message: string): ConfigIssue => ({
    path: [key],
    code: 'bad_mark',
    message,
    hint: 'Each of delimiter, quote, escape and comment needs a character of its own.',
  })
  const mark = quote === 'none' ? undefined : quote
  return [
    ...(mark !== undefined && delimiter?.includes(mark) === true ? [issue('quote', 'is also in the delimiter')] : []),
    ...(escape !== undefined && delimiter?.includes(escape) === true ? [issue('escape', 'is also in the delimiter')] : []),
    ...(comment !== undefined && delimiter !== undefined && comment.startsWith(delimiter)
      ? [issue('comment', 'begins with the delimiter')]
      : []),
    ...(comment !== undefined && mark !== undefined && comment.startsWith(mark)
      ? [issue('comment', 'begins with the quote')]
      : []),
  ]
}
