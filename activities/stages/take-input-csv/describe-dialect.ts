import type { JsonObject } from '../../../pipeline/json.ts'
import { dialectYaml, type Dialect, type DialectPins } from '../../csv/dialect.ts'
import type { ScannedCsv, SkippedLines } from '../../csv/load-csv.ts'
import type { TakeInputCsvConfig } from './config.ts'

/** How a file was read, for the log. */
export function describeFile(shown: string, { dialect, lines }: Pick<ScannedCsv, 'dialect' | 'lines'>): string {
  return `${shown}: read as ${describeDialect(dialect)}; to pin it: {${dialectYaml(dialect).join(', ')}}${describeLines(lines)}`
}

/** What the config pins of how its file is read. */
export function pinsOf(config: TakeInputCsvConfig): DialectPins {
  const { encoding, delimiter, quote, escape, header, comment } = config
  return {
    ...(encoding === undefined ? {} : { encoding }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(quote === undefined ? {} : { quote: quote === 'none' ? null : quote }),
    ...(escape === undefined ? {} : { escape }),
    ...(config.padded_quotes === undefined ? {} : { paddedQuotes: config.padded_quotes }),
    ...(config.stray_quotes === undefined ? {} : { strayQuotes: config.stray_quotes }),
    ...(header === undefined ? {} : { header }),
    ...(config.skip_lines === undefined ? {} : { skipLines: config.skip_lines }),
    ...(comment === undefined ? {} : { comment }),
    skipFooter: config.skip_footer,
    skipBlankLines: config.skip_blank_lines,
  }
}

/** How a file is read, in the words of the config. */
export function dialectRecord(dialect: Dialect): JsonObject {
  const { encoding, delimiter, quote, escape, header, comment } = dialect
  return {
    encoding,
    delimiter,
    quote,
    escape,
    header,
    comment,
    padded_quotes: dialect.paddedQuotes,
    stray_quotes: dialect.strayQuotes,
    skip_lines: dialect.skipLines,
    skip_footer: dialect.skipFooter,
    skip_blank_lines: dialect.skipBlankLines,
  }
}

function describeDialect(dialect: Dialect): string {
  const { encoding, delimiter, quote, header } = dialect
  const separated = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'pipe', ' ': 'space' }[delimiter] ?? delimiter
  return [
    encoding,
    `${separated}-separated`,
    quote === null ? 'no quotes' : `quote ${quote}`,
    ...(dialect.paddedQuotes ? ['blanks around quotes'] : []),
    ...(dialect.strayQuotes === 'text' ? ['quotes inside cells are text'] : []),
    `${header ? 'with' : 'without'} header`,
  ].join(', ')
}

/** The lines that are no part of a record, in a few words; nothing where there are none. */
function describeLines(lines: SkippedLines): string {
  const kinds = { preamble: 'above the table', blank: 'blank', comment: 'with a comment', footer: 'in the footer' }
  const said = Object.entries(kinds).flatMap(([kind, words]) => {
    const count = lines[kind as keyof SkippedLines]
    return count === 0 ? [] : [`${count} ${words}`]
  })
  return said.length === 0 ? '' : `; lines left out: ${said.join(', ')}`
}
