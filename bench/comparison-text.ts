import type { Comparison, ContenderFigures } from './run-peers.ts'

/** What the generator's rows come to, found by several engines; other sizes and seeds are compared with one another only. */
const KNOWN: { readonly [rows: number]: { readonly stage1: number; readonly stage2: number; readonly leftOut: number } } = {
  1_000_000: { stage1: 984_868, stage2: 643_715, leftOut: 341_153 },
}

/** Whether all outputs are the same, and the counts those that are known. */
export function isSound({ contenders, counts, rows, seed }: Comparison): boolean {
  const known = seed === 7 ? KNOWN[rows] : undefined
  const { stage1, stage2, leftOut } = counts.rows
  const asKnown = known === undefined || (known.stage1 === stage1 && known.stage2 === stage2 && known.leftOut === leftOut)
  return asKnown && contenders.every(({ same }) => same !== 'DIFFERENT')
}

/** The comparison as a table for people. */
export function comparisonText(comparison: Comparison): string {
  const { rows, seed, rounds, contenders, counts } = comparison
  const polars = contenders.find(({ name }) => name === 'polars')
  const number = (value: number): string => value.toLocaleString('en')
  const rules = Object.entries(counts.rules).map(([rule, stopped]) => `${rule} ${number(stopped)}`)
  const lines = [
    `${number(rows)} rows of seed ${seed}, medians of ${rounds} rounds of whole processes`,
    lineOf(['', 'wall s', 'CPU s', 'peak MB', 'wall ×', 'CPU ×', 'outputs']),
    ...contenders.flatMap((figures) => [lineOf(cellsOf(figures, polars)), ...heldLine(figures)]),
    polars === undefined
      ? 'no ratios: Polars was not measured'
      : '×: times Polars. Peak: the largest process; of `onclock run`, the worker',
    '',
    `stage 1 ${number(counts.rows.stage1)} rows, stage 2 ${number(counts.rows.stage2)}, left out ${number(counts.rows.leftOut)}: ${rules.join(', ')}`,
    verdict(comparison),
    '',
    'what guarantees cost, each by itself (parts of a run overlap, so this does not add up):',
    ...comparison.costs.map(
      ({ guarantee, wallSeconds, cpuSeconds }) =>
        `${guarantee.padEnd(74)}${wallSeconds.toFixed(2).padStart(8)} s${cpuSeconds.toFixed(2).padStart(8)} CPU s`,
    ),
  ]
  return `${lines.join('\n')}\n`
}

function lineOf([name = '', ...cells]: readonly string[]): string {
  return `${name.padEnd(26)}${cells.map((cell, at) => (at === cells.length - 1 ? `   ${cell}` : cell.padStart(10))).join('')}`
}

function cellsOf(figures: ContenderFigures, polars: ContenderFigures | undefined): readonly string[] {
  const { name, wallSeconds, cpuSeconds, peakKb, same } = figures
  const times = (own: number, of: number | undefined): string => (of === undefined ? '–' : (own / of).toFixed(2))
  const peak = peakKb === null ? '–' : Math.round(peakKb / 1024).toLocaleString('en')
  return [
    name,
    wallSeconds.toFixed(2),
    cpuSeconds.toFixed(2),
    peak,
    times(wallSeconds, polars?.wallSeconds),
    times(cpuSeconds, polars?.cpuSeconds),
    same === 'DIFFERENT' ? same : `same ${same}`,
  ]
}

function heldLine({ held }: ContenderFigures): readonly string[] {
  if (held === null) return []
  return [
    `  of its CPU s: worker ${held.worker.toFixed(2)}, Temporal server ${held.server.toFixed(2)}, supervisor ${held.rest.toFixed(2)}, the rest is the command`,
  ]
}

function verdict(comparison: Comparison): string {
  return isSound(comparison)
    ? 'All outputs are equal (stage 1, stage 2 and left-out rows with their rules).'
    : 'OUTPUTS DIFFER, or are not what is known of these rows: the times mean nothing.'
}
