import type { SeedProgress } from '../server/seed/seed-large.js'
import type { Terminal } from './terminal.js'

const tellEveryMs = 1_000

/** Says on the terminal how far a large seed is and how fast it goes, about once a second. */
export const seedTalk = (terminal: Pick<Terminal, 'say'>, now: () => number): ((progress: SeedProgress) => void) => {
  let began: { readonly at: number; readonly done: number } | undefined
  let toldAt = 0
  return ({ done, all }) => {
    const at = now()
    if (began === undefined) {
      began = { at, done }
      toldAt = at
      if (done > 0) terminal.say(`Going on after ${String(done)} of ${String(all)} conversations, where it was interrupted.`)
      return
    }
    if (at - toldAt < tellEveryMs && done < all) return
    toldAt = at
    const rate = Math.round((done - began.done) / Math.max(0.001, (at - began.at) / 1_000))
    terminal.say(`${String(done)} of ${String(all)} conversations (${String(Math.floor((done / all) * 100))} %), ${String(rate)} a second`)
  }
}
