import { IncomingMessage } from 'node:http'
import type { Context } from 'hono'
import { canonicalAddress } from '../../admission/address/canonical.js'

/** The other end of the connection a request came over, whatever its headers say; `undefined` where there is none any more. */
export const peerOf = (context: Context): string | undefined => {
  const env: unknown = context.env
  if (typeof env !== 'object' || env === null || !('incoming' in env) || !(env.incoming instanceof IncomingMessage)) return undefined
  return canonicalAddress(env.incoming.socket.remoteAddress ?? '')
}
