import { parseNetwork, type Network } from './address/network.js'
import { createNetworkMap } from './address/network-map.js'
import type { Ban } from './ban.js'
import { createExpiryQueue } from './expiry-queue.js'

/**
 * The bans this node knows, ready to be asked on every handshake.
 *
 * A ban is in force until its own `expiresAt`, whatever other bans its subject has. Looking up costs one hash probe for each prefix length that
 * occurs among the bans, under a microsecond at 100,000 bans; it changes nothing and asks no store.
 */
export interface BanSet {
  /**
   * Adds a ban, or replaces the one with its id.
   *
   * @throws TypeError when its network is neither an address nor a CIDR range.
   */
  add(ban: Ban): void
  /** Forgets a ban; `false` when there is none with this id. */
  remove(id: string): boolean
  /**
   * The ban that an address is under: of the longest matching network, and there the one that ends last.
   *
   * @param address - Canonical text from `canonicalAddress`.
   * @param at - Epoch milliseconds.
   */
  findAddress(address: string, at: number): Ban | undefined
  /** The ban that a user is under, the one that ends last. */
  findUser(userId: string, at: number): Ban | undefined
  /** Forgets what has ended; costs only what it forgets. At most `limit` bans (default 1,000), so that no call is long. */
  sweep(at: number, limit?: number): number
  /** Ids of the bans held, ended ones included until they are swept; costs a copy. */
  ids(): readonly string[]
  /** Bans held, ended ones included until they are swept. */
  readonly size: number
}

/** Creates an empty set. */
export const createBanSet = (): BanSet => {
  const byId = new Map<string, Ban>()
  const byNetwork = createNetworkMap<Bans>()
  const byUser = new Map<string, Bans>()
  const endings = createExpiryQueue<Ban>(endOf)

  const remove = (id: string): boolean => {
    const ban = byId.get(id)
    if (ban === undefined) return false
    byId.delete(id)
    const { subject } = ban
    if (subject.kind === 'user') {
      const left = without(byUser.get(subject.userId), ban)
      if (left === undefined) byUser.delete(subject.userId)
      else byUser.set(subject.userId, left)
    } else {
      const network = networkOfBan(subject.network)
      const left = without(byNetwork.get(network), ban)
      if (left === undefined) byNetwork.delete(network)
      else byNetwork.set(network, left)
    }
    return true
  }

  return {
    add(ban) {
      const { subject } = ban
      const network = subject.kind === 'network' ? networkOfBan(subject.network) : undefined
      remove(ban.id)
      byId.set(ban.id, ban)
      if (network !== undefined) byNetwork.set(network, including(byNetwork.get(network), ban))
      else if (subject.kind === 'user') byUser.set(subject.userId, including(byUser.get(subject.userId), ban))
      if (ban.expiresAt !== undefined) endings.push(ban)
    },
    remove,
    findAddress: (address, at) => byNetwork.find(address, ({ last }) => at < endOf(last))?.last,
    findUser(userId, at) {
      const last = byUser.get(userId)?.last
      return last !== undefined && at < endOf(last) ? last : undefined
    },
    sweep(at, limit = 1_000) {
      let swept = 0
      for (let taken = 0; taken < limit; taken++) {
        const ended = endings.take(at)
        if (ended === undefined) break
        // One that was removed, or replaced by another with its id, is not held any more.
        if (byId.get(ended.id) === ended && remove(ended.id)) swept += 1
      }
      return swept
    },
    ids: () => [...byId.keys()],
    get size() {
      return byId.size
    },
  }
}

/** Bans of one subject. The one that ends last alone tells whether any is in force. */
interface Bans {
  readonly last: Ban
  /** The others, the later to end the earlier. Most subjects have none. */
  readonly rest: readonly Ban[]
}

const endOf = (ban: Ban): number => ban.expiresAt ?? Infinity

const lastFirst = (a: Ban, b: Ban): number => {
  if (endOf(a) !== endOf(b)) return endOf(a) > endOf(b) ? -1 : 1
  return a.id < b.id ? -1 : 1
}

const bansOf = ([last, ...rest]: readonly Ban[]): Bans | undefined => last && { last, rest: rest.length > 0 ? rest : noBans }

const noBans: readonly Ban[] = []

const including = (bans: Bans | undefined, ban: Ban): Bans =>
  (bans && bansOf([bans.last, ...bans.rest, ban].sort(lastFirst))) ?? { last: ban, rest: noBans }

const without = (bans: Bans | undefined, ban: Ban): Bans | undefined => bans && bansOf([bans.last, ...bans.rest].filter((other) => other !== ban))

const networkOfBan = (text: string): Network => {
  const network = parseNetwork(text)
  if (network === undefined) {
    throw new TypeError(`Cannot hold a ban as "network" must be an address or a CIDR range: current value is ${JSON.stringify(text)}`)
  }
  return network
}
