/** A public output name in its parts: `stage1_output` and `.csv` of `data/stage1_output.csv`. */
export interface OutputName {
  readonly folder: string
  readonly stem: string
  readonly extension: string
}

/** The parts of an `output_file` as written. */
export function outputNameOf(outputFile: string): OutputName {
  const { folder = '', name = '' } = /^(?<folder>.*\/)?(?<name>[^/]*)$/.exec(outputFile)?.groups ?? {}
  const { stem = name, extension = '' } = /^(?<stem>.+?)(?<extension>\.[^.]*)?$/.exec(name)?.groups ?? {}
  return { folder, stem, extension }
}

/** A run ID to try globs with: what the engine puts between stem and extension. */
const SAMPLE_ID = '20241201_143022'

/**
 * Whether a glob, as the original has them (`data/output/execution_*` and `stage2_output_*.csv` below it), means the output
 * of a stage: its name must begin with that output's own stem, so that `*.csv` never does.
 */
export function globMeansOutput(glob: string, output: OutputName, outputDir: string): boolean {
  if (!/[*?]/.test(glob)) return false
  const name = glob.slice(glob.lastIndexOf('/') + 1)
  if (output.stem === '' || !name.startsWith(output.stem)) return false
  const file = `${output.stem}_${SAMPLE_ID}${output.extension}`
  const pattern = globPattern(glob)
  return [file, `${output.folder}${file}`, `${outputDir}/execution_${SAMPLE_ID}/${file}`].some((path) => pattern.test(path))
}

function globPattern(glob: string): RegExp {
  const source = glob.replaceAll(/\*\*\/|\*|\?|[^*?]+/g, (part) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '*') return '[^/]*'
    return part === '?' ? '[^/]' : part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  })
  return new RegExp(`^${source}$`)
}
