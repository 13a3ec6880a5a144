import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Claims } from './claims.js'

/** Claims of tokens that were verified, found again by a digest of the whole token. */
export interface VerifiedCache {
  /** The claims kept under a digest, as long as `at` is before their end. Finding them does not lengthen their life. */
  find(digest: string, at: number): Claims | undefined
  /**
   * Keeps claims.
   *
   * @param until - Epoch milliseconds from which on they are not found: the earlier of the token's end and its key's.
   */
  keep(digest: string, claims: Claims, until: number): void
  clear(): void
}

/** SHA-256 of every character of a token: two tokens that differ anywhere never share an entry. Costs under 1 µs. */
export const tokenDigest = (token: string): string => hash('sha256', token, 'base64url')

/** @param maxEntries - Entries that are kept, the least recently used go first; 0 keeps none. */
export const createVerifiedCache = (maxEntries: number): VerifiedCache => {
  if (maxEntries === 0) return { find: () => undefined, keep() {}, clear() {} }
  const entries = new LRUCache<string, { readonly claims: Claims; readonly until: number }>({ max: maxEntries })
  return {
    find(digest, at) {
      const entry = entries.get(digest)
      if (entry === undefined) return undefined
      if (at < entry.until && !entry.claims.key.withdrawn) return entry.claims
      entries.delete(digest)
      return undefined
    },
    keep(digest, claims, until) {
      entries.set(digest, { claims, until })
    },
    clear() {
      entries.clear()
    },
  }
}
