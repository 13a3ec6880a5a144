import { createAmountWindow } from '../admission/amount-window.js'
import type { WindowLimit } from '../admission/limits.js'
import type { Session } from './session.js'

/** What one socket, and one user over all his sockets, may send whatever it says. */
export interface FrameLimits {
  /** Messages of one socket. */
  readonly sessionFrames: WindowLimit
  /** Bytes of messages of one user. */
  readonly userBytes: WindowLimit
}

export type FrameRule = keyof FrameLimits

/** What the next message of a socket meets. */
export type FrameAllowance =
  | { readonly outcome: 'granted' }
  | {
      /** `flood`: three times the limit was tried in one window, and the socket is to be closed. */
      readonly outcome: 'limited' | 'flood'
      readonly rule: FrameRule
      /** Waiting exactly this long succeeds for a lone client. */
      readonly retryAfterMs: number
    }

/** Counts what comes in, on this node, before anybody reads it. */
export interface FrameRates {
  /** @param now - Milliseconds on a clock that never runs backwards. */
  take(session: Pick<Session, 'id' | 'user'>, bytes: number, now: number): FrameAllowance
}

/** Sockets and users remembered, each; beyond that the ones that were quiet longest start again. */
const maxKeys = 100_000

/**
 * Creates the rates. A refused message takes nothing from either; at most twice as much as is granted is refused in one window, then it is a flood.
 *
 * @throws TypeError or RangeError when a setting is not a positive integer.
 */
export const createFrameRates = (limits: FrameLimits): FrameRates => {
  const rules = frameRules.map((rule) => ({
    rule,
    granted: createAmountWindow(rule, limits[rule], maxKeys),
    refused: createAmountWindow(rule, { ...limits[rule], max: 2 * limits[rule].max }, maxKeys),
  }))

  return {
    take({ id, user }, bytes, now) {
      const keyOf = (rule: FrameRule): string => (rule === 'sessionFrames' ? id : user.id)
      const amountOf = (rule: FrameRule): number => (rule === 'sessionFrames' ? 1 : bytes)
      let late: (typeof rules)[number] | undefined
      let ready = now
      for (const each of rules) {
        const at = each.granted.readyAt(keyOf(each.rule), amountOf(each.rule), now)
        if (at <= ready) continue
        late = each
        ready = at
      }
      if (late === undefined) {
        for (const { rule, granted } of rules) granted.record(keyOf(rule), amountOf(rule), now)
        return { outcome: 'granted' }
      }
      const { rule, refused } = late
      const isFlood = refused.readyAt(keyOf(rule), amountOf(rule), now) > now
      if (!isFlood) refused.record(keyOf(rule), amountOf(rule), now)
      return { outcome: isFlood ? 'flood' : 'limited', rule, retryAfterMs: Math.ceil(ready - now) }
    },
  }
}

const frameRules = ['sessionFrames', 'userBytes'] as const
