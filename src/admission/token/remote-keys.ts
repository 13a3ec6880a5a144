import { LRUCache } from 'lru-cache'
import type { Algorithm } from './algorithm.js'
import type { CompleteIssuer } from './complete-issuer.js'
import { isSafeAddress } from './complete-issuer.js'
import { fetchJson } from './fetch-json.js'
import { readJwks } from './read-jwks.js'
import type { VerificationKey } from './verification-key.js'

/** When keys are fetched and how long they are believed; all in milliseconds. */
export interface JwksPolicy {
  /** Age at which a set is fetched again in the background (default 300,000). Using a key never makes it younger. */
  readonly refreshMs: number
  /** Age up to which a set is believed while its server is away (default 86,400,000). */
  readonly staleMs: number
  /** Least time between two fetches that tokens with unknown keys ask for, and between two tries while the server is away (default 60,000). */
  readonly cooldownMs: number
  /** How long a `kid` that the set did not hold is known to be unknown (default 120,000). */
  readonly unknownKidMs: number
  /** How long one fetch may take (default 5,000). */
  readonly fetchMs: number
  /** How long a handshake waits for a fetch (default 1,000). */
  readonly waitMs: number
}

export const defaultJwksPolicy: JwksPolicy = { refreshMs: 300_000, staleMs: 86_400_000, cooldownMs: 60_000, unknownKidMs: 120_000, fetchMs: 5_000, waitMs: 1_000 }

/** What a search for a key came to. */
export type Search = 'look again' | 'unknown' | 'away'

/** The keys of one issuer that serves them. */
export interface RemoteKeys {
  /** Epoch milliseconds up to which the keys that are held may be used; `-Infinity` before the first. */
  readonly usableUntil: number
  /** Whether the last fetch failed. */
  readonly away: boolean
  /** Fetches when that is due; resolves when that is over, and at once when it isn't due. Never rejects. */
  tick(at: number): Promise<void>
  /** Fetches, or joins the fetch that is under way. Never rejects. */
  refresh(): Promise<void>
  /**
   * Looks for a key that a token names and the set does not hold; fetches at most once per cool-down, whoever asks.
   *
   * @param kid - `undefined` for a token without one.
   */
  search(kid: string | undefined, at: number): Promise<Search>
}

/** Unknown `kid`s that are remembered; strangers choose them. */
const maxUnknownKids = 1_024

/** First pause after a failed fetch while no keys were ever held; each further one is twice as long, up to the cool-down. */
const firstRetryMs = 5_000

/** @param changed - Hears each set that was fetched. @param told - Hears that the server is away, and that it is back: once each. */
export const createRemoteKeys = (
  { url, discovery }: NonNullable<CompleteIssuer['jwks']>,
  issuer: { readonly name: string | undefined; readonly algorithms: readonly Algorithm[] },
  policy: JwksPolicy,
  now: () => number,
  changed: (keys: readonly VerificationKey[], passedOver: number) => void,
  told: (away: boolean, detail: string | undefined) => void,
): RemoteKeys => {
  const unknown = new LRUCache<string, number>({ max: maxUnknownKids })
  let held = new Set<string | undefined>()
  let fetchedAt = Number.NEGATIVE_INFINITY
  let dueAt = Number.NEGATIVE_INFINITY
  let askedAt = Number.NEGATIVE_INFINITY
  let failures = 0
  let running: Promise<void> | undefined

  const load = async (): Promise<void> => {
    const document = await fetchJson(discovery ? await discover(url, issuer.name, policy.fetchMs) : url, policy.fetchMs)
    const { keys, passedOver } = await readJwks(document, issuer.algorithms)
    held = new Set(keys.map(({ kid }) => kid))
    fetchedAt = now()
    dueAt = fetchedAt + policy.refreshMs
    changed(keys, passedOver)
  }

  const attempt = async (): Promise<void> => {
    try {
      await load()
      if (failures > 0) told(false, undefined)
      failures = 0
    } catch (error) {
      failures += 1
      const pause = fetchedAt === Number.NEGATIVE_INFINITY ? Math.min(policy.cooldownMs, firstRetryMs * 2 ** (failures - 1)) : policy.cooldownMs
      dueAt = now() + pause
      if (failures === 1) told(true, error instanceof Error ? error.message : 'failed without an error')
    } finally {
      running = undefined
    }
  }

  const refresh = (): Promise<void> => (running ??= attempt())

  /** Whether a clock that was set back counts as a pause that is over: else nobody would ask again until it has caught up. */
  const isOver = (since: number, pause: number, at: number): boolean => at - since >= pause || at < since

  return {
    get usableUntil() {
      return fetchedAt + policy.staleMs
    },
    get away() {
      return failures > 0
    },
    async tick(at) {
      if (at >= dueAt || at < fetchedAt) await refresh()
    },
    refresh,
    async search(kid, at) {
      const until = performance.now() + policy.waitMs
      for (;;) {
        const usable = at < fetchedAt + policy.staleMs
        if (usable && kid === undefined) return 'unknown'
        if (usable && kid !== undefined && !isOver(unknown.get(kid) ?? Number.NEGATIVE_INFINITY, policy.unknownKidMs, at)) return 'unknown'
        const joins = running !== undefined
        if (!joins) {
          if (!isOver(askedAt, policy.cooldownMs, at)) return usable && failures === 0 ? 'unknown' : 'away'
          askedAt = at
        }
        if (!(await inTime(refresh(), until - performance.now())) || failures > 0) return 'away'
        if (kid === undefined || held.has(kid)) return 'look again'
        // What was under way may have been answered before its issuer served this key: that says nothing of it.
        if (joins) continue
        unknown.set(kid, at)
        return 'unknown'
      }
    },
  }
}

/** The address of the keys by OpenID Connect Discovery 1.0; the document must speak of the issuer that was configured. */
const discover = async (url: string, issuer: string | undefined, timeoutMs: number): Promise<string> => {
  const { issuer: spokenOf, jwks_uri: keysUrl } = await fetchJson(url, timeoutMs)
  if (spokenOf !== issuer) throw new Error('answered with the discovery document of another issuer')
  if (typeof keysUrl !== 'string' || !isSafeAddress(keysUrl)) throw new Error('answered without a safe "jwks_uri"')
  return keysUrl
}

/** Whether work was done before the time was up. */
const inTime = async (work: Promise<void>, ms: number): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => {
      resolve(false)
    }, ms)
  })
  try {
    return await Promise.race([work.then(() => true as const), late])
  } finally {
    clearTimeout(timer)
  }
}
