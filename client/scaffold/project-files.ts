import type { FittedColumn } from './fit-columns.ts'
import type { NewFile } from './write-new.ts'

/** The files of a new project besides its pipeline. */
export function projectFiles(name: string, dependency: string): NewFile[] {
  return [
    { path: 'package.json', text: packageJson(name, dependency) },
    { path: '.gitignore', text: 'node_modules/\n.onclock/\ndata/output/\nlogs/\n' },
    { path: 'README.md', text: readme(name) },
  ]
}

/** A few rows for a project that begins without a file: what is wrong with some of them shows in the first run. */
export const SAMPLE_CSV = `video_id,author,created_at,views,likes,caption
7506832682593094901,anna,2026-10-01,120400,9120,how to fold a paper crane
7506832682593094902,ben,2026-10-02,880,12,my cat learns to swim
7506832682593094903,cleo,2026-10-02,54210,2204,five knots you will use every day
7506832682593094903,cleo,2026-10-02,54210,2204,five knots you will use every day
7506832682593094904,dan,2026-10-03,1980,311,sunrise over the harbour
7506832682593094905,eve,2026-10-04,not counted,95,baking bread in a pan
7506832682593094906,finn,2026-10-05,301775,15820,one minute of rain on a tent
7506832682593094907,gina,2026-10-06,6120,402,the smallest library in town
7506832682593094908,hugo,2026-10-07,41,0,test
7506832682593094909,ida,2026-10-08,78230,5121,a map of every bridge in the city
7506832682593094910,jan,2026-10-09,15007,640,"repairing a chair, part one"
7506832682593094911,jan,2026-10-10,16221,702,"repairing a chair, part two"
7506832682593094912,kim,2026-10-11,250998,20110,what a lighthouse sounds like
7506832682593094913,leo,2026-10-12,3340,120,use my promo code for half off
7506832682593094914,mia,2026-10-13,99120,7003,drawing a horse without lifting the pen
`

/** What the sample's columns hold: one cell of it is wrong on purpose, so looking at the values does not tell. */
export const SAMPLE_TYPES: { readonly [column: string]: FittedColumn['type'] } = { views: 'integer' }

function packageJson(name: string, dependency: string): string {
  const content = {
    name,
    private: true,
    type: 'module',
    scripts: { start: 'onclock run', check: 'onclock validate', test: 'node --test' },
    dependencies: { onclock: dependency },
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

function readme(name: string): string {
  return `# ${name}

A data pipeline, run by [onclock](https://www.npmjs.com/package/onclock). It is written down in \`config/main.yaml\`.

\`\`\`sh
npm install
npx onclock validate     # is the pipeline right?
npx onclock run          # run it; results go to data/output/execution_<run ID>/
npx onclock show         # what came out, what was left out and why
npx onclock resume       # after a failure: mend the cause, then go on
\`\`\`

Rows that did not come through are in \`…_rejected_….csv\`, \`…_filtered_….csv\` and \`…_duplicates_….csv\` of the run, each with its
place in the source and the rule that stopped it.
`
}
