import { parseNetwork, type Network } from './address/network.js'
import { createNetworkMap } from './address/network-map.js'
import type { Ban, BanSubject } from './ban.js'
import { createBanRows } from './ban-rows.js'
import { createExpiryQueue } from './expiry-queue.js'

/**
 * The bans this node knows, ready to be asked on every handshake.
 *
 * A ban is in force until its own `expiresAt`, whatever other bans its subject has. Looking up costs one hash probe for each prefix length that
 * occurs near the address, under a microsecond at 100,000 bans; it changes nothing and asks no store. A ban costs about 250 bytes.
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
   * The ban that an address is under: of the longest matching network, and there the one that ends last. Networks as wide as an allowed one around
   * the address, and wider ones, are passed over.
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

/**
 * Creates an empty set.
 *
 * @param allowed - Addresses and CIDR ranges that no ban of the same or a wider network refuses (default none); one of a narrower network does.
 * @throws TypeError when an allowed one is neither an address nor a CIDR range.
 */
export const createBanSet = (allowed: readonly string[] = []): BanSet => {
  const rows = createBanRows()
  const rowOf = new Map<string, number>()
  /** The first row of each subject: the ban that ends last, which alone tells whether any is in force. */
  const byNetwork = createNetworkMap()
  const byUser = new Map<string, number>()
  const exempt = createNetworkMap()
  for (const text of allowed) {
    const network = networkOfBan(text, 'exempt a network from bans', 'allowed')
    exempt.set(network, network.prefix)
  }
  let endings = createExpiryQueue<number>(rows.endOf)
  /** Rows of removed bans that still wait for their end among `endings`, and are not given out again before. */
  const dead = new Set<number>()

  const firstOf = (place: Place): number => (typeof place === 'string' ? byUser.get(place) : byNetwork.get(place)) ?? -1

  const setFirst = (place: Place, row: number): void => {
    if (typeof place !== 'string') {
      if (row === -1) byNetwork.delete(place)
      else byNetwork.set(place, row)
    } else if (row === -1) byUser.delete(place)
    else byUser.set(place, row)
  }

  const endsLater = (a: number, b: number): boolean =>
    rows.endOf(a) === rows.endOf(b) ? rows.id(a) < rows.id(b) : rows.endOf(a) > rows.endOf(b)

  const link = (place: Place, row: number): void => {
    const first = firstOf(place)
    if (first === -1 || endsLater(row, first)) {
      rows.setNext(row, first)
      setFirst(place, row)
      return
    }
    let before = first
    for (let next = rows.next(before); next !== -1 && endsLater(next, row); next = rows.next(before)) before = next
    rows.setNext(row, rows.next(before))
    rows.setNext(before, row)
  }

  const unlink = (row: number): void => {
    const place = placeOf(rows.subject(row))
    let before = firstOf(place)
    if (before === row) {
      setFirst(place, rows.next(row))
      return
    }
    while (before !== -1 && rows.next(before) !== row) before = rows.next(before)
    if (before !== -1) rows.setNext(before, rows.next(row))
  }

  const free = (row: number): void => {
    dead.delete(row)
    rows.free(row)
  }

  const remove = (id: string): boolean => {
    const row = rowOf.get(id)
    if (row === undefined) return false
    unlink(row)
    rowOf.delete(id)
    if (rows.endOf(row) === Infinity) free(row)
    else dead.add(row)
    if (dead.size > rowOf.size + 1_000) buryDead()
    return true
  }

  /** Bans that come and go before their ends would else leave more rows behind than there are bans. */
  const buryDead = (): void => {
    endings = createExpiryQueue<number>(rows.endOf)
    for (const row of rowOf.values()) if (rows.endOf(row) !== Infinity) endings.push(row)
    for (const row of dead) free(row)
  }

  return {
    add(ban) {
      const place = placeOf(ban.subject)
      const known = rowOf.get(ban.id)
      if (known !== undefined && rows.equals(known, ban)) return
      remove(ban.id)
      const row = rows.add(ban)
      rowOf.set(ban.id, row)
      link(place, row)
      if (ban.expiresAt !== undefined) endings.push(row)
    },
    remove,
    findAddress(address, at) {
      const over = exempt.size === 0 ? -1 : (exempt.find(address, always) ?? -1)
      const row = byNetwork.find(address, (first) => at < rows.endOf(first), over)
      return row === undefined ? undefined : rows.at(row)
    },
    findUser(userId, at) {
      const row = byUser.get(userId)
      return row !== undefined && at < rows.endOf(row) ? rows.at(row) : undefined
    },
    sweep(at, limit = 1_000) {
      let swept = 0
      for (let taken = 0; taken < limit; taken++) {
        const row = endings.take(at)
        if (row === undefined) break
        if (dead.has(row)) {
          free(row)
          continue
        }
        unlink(row)
        rowOf.delete(rows.id(row))
        rows.free(row)
        swept += 1
      }
      return swept
    },
    ids: () => [...rowOf.keys()],
    get size() {
      return rowOf.size
    },
  }
}

/** Where the bans of a subject are found: a network, or the id of a user. */
type Place = Network | string

const placeOf = (subject: BanSubject): Place => (subject.kind === 'user' ? subject.userId : networkOfBan(subject.network))

const always = (): boolean => true

const networkOfBan = (text: string, what = 'hold a ban', field = 'network'): Network => {
  const network = parseNetwork(text)
  if (network === undefined) {
    throw new TypeError(`Cannot ${what} as "${field}" must be an address or a CIDR range: current value is ${JSON.stringify(text)}`)
  }
  return network
}
