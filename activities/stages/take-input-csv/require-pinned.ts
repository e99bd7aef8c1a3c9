import { OnclockError } from '../../../pipeline/errors.ts'
import { dialectYaml } from '../../csv/dialect.ts'
import type { CsvLook } from '../../csv/look-at-csv.ts'
import type { TakeInputCsvConfig } from './config.ts'

/**
 * With `strict: true` nothing of how a file is read may be a guess.
 * @throws OnclockError DIALECT_NOT_PINNED, whose hint has the lines that are to be put into the config.
 */
export function requirePinned(look: CsvLook, config: TakeInputCsvConfig, shown: string): void {
  if (!config.strict) return
  const missing = dialectYaml(look.dialect).filter((line) => {
    const key = line.slice(0, line.indexOf(':'))
    return config[key as keyof TakeInputCsvConfig] === undefined && !(key === 'encoding' && look.encodingMarked)
  })
  if (missing.length === 0) return
  const keys = missing.map((line) => line.slice(0, line.indexOf(':')))
  throw new OnclockError('DIALECT_NOT_PINNED', `${shown}: strict is on, and the config does not say ${keys.join(', ')}`, {
    hint: `What was found out, to be put into the config of the stage if it is right:\n${missing.join('\n')}`,
  })
}
