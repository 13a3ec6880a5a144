/**
 * The candidate that is closest to a mistyped word, when it is close enough to have been meant.
 *
 * @param least - Slips that are taken for one in a short word (default 2); a longer one may have one for every three letters.
 */
export const nearest = (word: string, candidates: readonly string[], least = 2): string | undefined => {
  let best: string | undefined
  let bestDistance = Math.max(least, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

const editDistance = (a: string, b: string): number => {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, swap))
    }
    above = row
  }
  return above[b.length] ?? 0
}
