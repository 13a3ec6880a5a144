import type { AllowList } from '../../admission/allow-list.js'
import { createBreaker } from '../../admission/breaker.js'
import { StoreUnavailable } from '../../admission/store-unavailable.js'
import { within } from '../../admission/within.js'
import { loadRedis } from './load-redis.js'

export interface RedisAllowListOptions {
  /** `redis[s]://[[user][:password]@]host[:port][/database]`; the user needs no right but to `EXISTS` and `PING`. */
  readonly url: string
}

export interface RedisAllowList extends AllowList {
  /** Ends the connection; later questions reject. */
  close(): void
}

/** How long the start waits for the first connection, in milliseconds; without one it goes on, and the first question says why. */
const firstMs = 1_000

/** Milliseconds until a lost connection is tried again: at once, then slower. */
const reconnectMs = (retries: number): number => Math.min(1_000, 50 * 2 ** retries)

/**
 * The allow-list of the old service in its Redis. Only asks whether keys exist: it writes nothing, and `EXISTS` makes no key live longer.
 *
 * After five failures in a row questions reject at once, but for one a second that tries again, over a new connection: one to a server that has fallen
 * silent may never answer, nor break.
 *
 * @throws PeerMissing when the package `@redis/client` is not installed, TypeError for a malformed URL.
 * @example
 * const allowList = await openRedisAllowList({ url: 'redis://127.0.0.1:6379/1' })
 */
export const openRedisAllowList = async ({ url }: RedisAllowListOptions): Promise<RedisAllowList> => {
  const { createClient } = await loadRedis()
  const ignore = (): void => {
    // A connection that can't be made or breaks is told by the next question, and made anew.
  }
  const create = () => {
    const client = createClient({
      url,
      RESP: 2,
      // What is asked while nobody is there must be answered now, not when it comes back.
      disableOfflineQueue: true,
      commandsQueueMaxLength: 20_000,
      disableClientInfo: true,
      maintNotifications: 'disabled',
      socket: { connectTimeout: firstMs, reconnectStrategy: reconnectMs },
    })
    client.on('error', ignore)
    return client
  }
  let client = create()
  let closed = false
  const connect = async (): Promise<void> => {
    const own = client
    try {
      await own.connect()
    } finally {
      // What was destroyed while it connected has a connection only now, and would keep it.
      if (closed || own !== client) own.destroy()
    }
  }
  await within('allow_list', firstMs, connect()).catch(ignore)

  const breaker = createBreaker()
  const renew = (): void => {
    client.destroy()
    client = create()
    connect().catch(ignore)
  }

  const ask = async (keys: readonly string[]): Promise<ReadonlySet<string>> => {
    if (keys.length === 0) await client.ping()
    const answers = await Promise.all(keys.map((key) => client.exists(key)))
    return new Set(keys.filter((_, index) => answers[index] === 1))
  }

  return {
    async holding(keys, deadline) {
      const now = Date.now()
      if (deadline <= now) throw new StoreUnavailable('allow_list', 'Redis was asked after the deadline')
      if (closed || !breaker.lets(now)) throw new StoreUnavailable('allow_list', 'Redis did not answer lately and is not asked again yet')
      const asked = client
      try {
        const held = await within('allow_list', deadline - now, ask(keys))
        breaker.succeeded()
        return held
      } catch (error) {
        breaker.failed(now)
        // Hundreds may have waited for one connection: the first that gives up makes another.
        if (!closed && breaker.open && asked === client) renew()
        throw error
      }
    },
    close() {
      if (closed) return
      closed = true
      client.destroy()
    },
  }
}
