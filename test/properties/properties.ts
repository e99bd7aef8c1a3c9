import fc from 'fast-check'
import { checkDirtyFile, checkSoundFile } from './check-intake.ts'
import { checkRules } from './check-rules.ts'
import { checkChunks } from './check-scanner.ts'
import { csvFiles } from './csv-files.ts'
import { dirtyFiles } from './dirty-bytes.ts'
import { checkClaims, claimsCalls } from './generated-claims.ts'
import { ruleCases } from './rule-cases.ts'
import type { StageBench } from './stage-bench.ts'

/** Something that must hold whatever the input. Inputs are plain JSON, so that those that failed once can be kept. */
export interface Property {
  readonly name: string
  /** Inputs that the tests try; a fuzzing session tries as many as its time allows. */
  readonly runs: number
  /** Needs the folder that ONCLOCK_TEST_DATA names, and python3. */
  readonly needsData: boolean
  readonly check: (bench: StageBench, options: CheckOptions) => Promise<fc.RunDetails<[unknown]>>
}

interface CheckOptions {
  readonly seed: number
  readonly runs: number
  /** Inputs that failed once; tried first. */
  readonly kept: readonly unknown[]
}

export const testData = process.env['ONCLOCK_TEST_DATA'] ?? ''

export const properties: readonly Property[] = [
  property('a sound file of any dialect comes out as it is', 30, csvFiles, checkSoundFile),
  property(
    'every byte of any file belongs to a row whose fate is told, or the file is refused by name',
    35,
    dirtyFiles,
    checkDirtyFile,
  ),
  property('rules do to a table what reading them row by row says', 30, ruleCases, checkRules),
  property('a file is read the same in chunks of any size', 150, dirtyFiles, checkChunks),
  {
    ...property(
      'generated damage is told record by record, and the twelve rule counts agree',
      3,
      claimsCalls(4_000),
      (bench, call) => checkClaims(bench, testData, call),
    ),
    needsData: true,
  },
]

function property<Input>(
  name: string,
  runs: number,
  inputs: fc.Arbitrary<Input>,
  check: (bench: StageBench, input: Input) => Promise<void>,
): Property {
  return {
    name,
    runs,
    needsData: false,
    check: (bench, { seed, runs: numRuns, kept }) =>
      fc.check(
        fc.asyncProperty(inputs, (input) => check(bench, input)),
        {
          seed,
          numRuns: numRuns + kept.length,
          examples: kept.map((input) => [input as Input]),
        },
      ) as Promise<fc.RunDetails<[unknown]>>,
  }
}
