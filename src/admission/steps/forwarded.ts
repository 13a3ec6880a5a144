import { deny, type Denial } from '../../protocol/denial.js'
import type { Headers } from '../handshake.js'

/** Fields that only a proxy adds. */
const forwardingFields = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-forwarded-host', 'x-forwarded-proto'] as const

/** Development mode speaks to this machine alone: a request that somebody forwarded is refused, whatever it says. */
export const checkForwarded = (headers: Headers, refused: boolean): Denial | undefined => {
  if (!refused) return undefined
  const field = forwardingFields.find((name) => headers[name] !== undefined)
  return field && deny('bad_forwarding', { detail: `development mode refuses ${field}` })
}
