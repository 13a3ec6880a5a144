import type * as redis from '@redis/client'
import { PeerMissing } from '../../admission/peer-missing.js'

/**
 * Loads the Redis client, an optional peer.
 *
 * @throws PeerMissing with the line that installs it.
 */
export const loadRedis = async (): Promise<typeof redis> => {
  try {
    return await import('@redis/client')
  } catch (error) {
    throw new PeerMissing('Cannot read the allow-list from Redis as the package "@redis/client" is not installed: run `npm install @redis/client`', { cause: error })
  }
}
