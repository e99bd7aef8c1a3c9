import { OnclockError } from '../../pipeline/errors.ts'
import { didYouMean } from '../../pipeline/suggest.ts'

/** The stage that was meant: its name, or a part that only one name has. `whose` begins the error. @throws OnclockError STAGE_NOT_FOUND. */
export function nameStage(names: readonly string[], named: string, whose: string): string {
  if (names.includes(named)) return named
  const part = names.filter((name) => name.includes(named))
  if (part.length === 1 && part[0] !== undefined) return part[0]
  const hint = didYouMean(named, names) ?? `Its stages are ${names.join(', ')}.`
  throw new OnclockError('STAGE_NOT_FOUND', `${whose} has no stage "${named}"`, { hint })
}
