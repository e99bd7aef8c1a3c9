/** The candidate that `word` was most likely meant to be, or null when none is near. Case, `-` and `_` count for little. */
export function suggest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null
  let bestDistance = Infinity
  for (const candidate of candidates) {
    if (candidate === word) continue
    const distance = distanceOf(plain(word), plain(candidate))
    if (distance <= allowance(word, candidate) && distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `Did you mean "retry"?`, or null. */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const best = suggest(word, candidates)
  return best === null ? null : `Did you mean "${best}"?`
}

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, '')

/** One slip in a short word, one in three letters of a longer one; more where both begin alike. */
function allowance(word: string, candidate: string): number {
  const [a, b] = [plain(word), plain(candidate)]
  const short = Math.max(1, Math.floor(Math.min(a.length, b.length) / 3))
  if ((b.startsWith(a) && a.length >= 3) || (a.startsWith(b) && b.length >= 3)) return Math.max(short, 4)
  return a.slice(0, 3) === b.slice(0, 3) ? Math.max(short, Math.floor(Math.max(a.length, b.length) / 2)) : short
}

/** Optimal string alignment: insertions, deletions, substitutions and swapped neighbours count one each. */
function distanceOf(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(beforeLast, j - 2) + 1 : Infinity
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, substitution, swapped))
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] as number
