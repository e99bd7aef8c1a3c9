import { resolve } from 'node:path'
import type { CommandContext, CommandResult } from '../command.ts'
import { columnLines, pinLines } from '../scaffold/columns-text.ts'
import { type FittedInput, fitColumns } from '../scaffold/fit-columns.ts'
import { counted } from '../views/numbers.ts'

/** What a file that nobody has seen looks like, as YAML for the config of `take_input_csv`. Stdout is YAML alone. */
export async function infer(context: CommandContext, file: string): Promise<CommandResult> {
  const fitted = await fitColumns(resolve(context.cwd, file), file)
  const warnings = [...fitted.look.warnings, ...shortenedWarnings(fitted)]
  return {
    json: { file, sampled: fitted.sampled, dialect: fitted.look.dialect, columns: fitted.columns, warnings },
    text: () => yamlOf(fitted),
    notes: warnings.map((warning) => `# ! ${warning}`),
  }
}

function yamlOf(fitted: FittedInput): string {
  const { columns, sampled } = fitted
  return [
    '# How the file is read, as it was found out; pinned, so that a guess cannot change.',
    ...pinLines(fitted, 'all'),
    `# Guessed from ${counted(sampled, 'record')} of the file: types, what is always there, and small sets of values (in:).`,
    columns.length === 0 ? 'columns: {}' : 'columns:',
    ...columnLines(columns, 'all').map((line) => `  ${line}`),
  ].join('\n')
}

function shortenedWarnings({ columns }: FittedInput): string[] {
  return columns
    .filter(({ shortened }) => shortened > 0)
    .map(
      ({ name, shortened }) =>
        `column ${name}: ${counted(shortened, 'value')} ${shortened === 1 ? 'looks' : 'look'} like a long number that a spreadsheet shortened, as 7.5E+18 is: the digits are lost. Export the file again with this column as text.`,
    )
}
