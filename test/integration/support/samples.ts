import { join } from 'node:path'

/** A small export with one row of each fate: kept, rejected, filtered, duplicate. */
export const VIDEOS = `video_id,status,views
7500000000000000001,claim,5000
7500000000000000002,opinion,200
7500000000000000003,,900
7500000000000000004,claim,many
7500000000000000001,claim,5000
7500000000000000005,opinion,1000
`

/** Intake and one rule, as small as a pipeline of the two built-in stages can be. */
export const PIPELINE = `pipeline:
  name: videos
  stages:
    - name: clean
      module: take_input_csv
      config:
        input_file: data/videos.csv
        output_file: data/clean.csv
        columns:
          video_id: {type: id, required: true}
          status:   {required: true, in: [claim, opinion]}
          views:    {type: integer, min: 0}
        budget: {warn: 1%, fail: 60%}
    - name: keep
      module: rule_based_filtering
      input: clean
      config:
        output_file: data/kept.csv
        rules:
          - {id: seen-enough, column: views, min: 1000}
`

/** The folder of real inputs, where it is there. */
export const testData: string | undefined = process.env['ONCLOCK_TEST_DATA']

/** A file of the real inputs. */
export function realInput(path: string): string {
  return join(testData ?? '', path)
}
