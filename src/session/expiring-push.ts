import { denials, type Denial } from '../protocol/denial.js'
import type { SessionExpiring } from '../protocol/push-message.js'
import { createPush, type Push } from './push.js'

/**
 * Tells a client that its session ends, and when, so that it can bring a new token in time.
 *
 * @param endsAt - Epoch milliseconds.
 * @param at - Epoch milliseconds that count as now.
 */
export const expiringPush = (denial: Denial, endsAt: number, at: number): Push => {
  const message: SessionExpiring = { type: 'session.expiring', code: denials[denial.reason].told, expiresAt: endsAt, expiresInMs: Math.max(0, endsAt - at) }
  return createPush('state', message, message.type)
}
