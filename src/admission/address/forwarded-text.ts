import type { Headers } from '../handshake.js'
import { forwardings, type Forwarding } from './proxies.js'

/** The lines of each forwarding header that was sent, or that they were too long to be kept. */
export type ForwardedText = Partial<Record<Forwarding, readonly string[] | 'too long'>>

/** Enough for twenty hops; decisions are kept by the thousand. */
const maxCharacters = 1_024

/**
 * Copies the forwarding headers of a handshake, whoever sent them, so that its client can be resolved again by other proxies.
 *
 * @returns `undefined` when there is none, which costs three look-ups.
 */
export const forwardedText = (headers: Headers): ForwardedText | undefined => {
  if (headers['x-forwarded-for'] === undefined && headers['forwarded'] === undefined && headers['x-real-ip'] === undefined) return undefined
  const kept: ForwardedText = {}
  for (const name of forwardings) {
    const lines = headers[name]
    if (lines === undefined) continue
    const length = lines.reduce((sum, line) => sum + line.length, 0)
    // A value may be a cut of the whole header block, which holds a token.
    kept[name] = length > maxCharacters ? 'too long' : lines.map((line) => Buffer.from(line, 'latin1').toString('latin1'))
  }
  return kept
}
