import { parseNetwork, type Network } from './address/network.js'
import { createNetworkMap } from './address/network-map.js'
import type { Ban, BanSubject } from './ban.js'
import { type BanPlace, createBanRows } from './ban-rows.js'
import { createExpiryQueue } from './expiry-queue.js'
import { createIntHeap } from './int-heap.js'

/**
 * The bans this node knows, ready to be asked on every handshake.
 *
 * A ban is in force until its own `expiresAt`, whatever other bans its subject has. Looking up costs one hash probe for each prefix length that
 * occurs near the address, under a microsecond at 100,000 bans; it changes nothing and asks no store. A ban of IPv4 costs about 75 bytes.
 */
export interface BanSet {
  /**
   * Adds a ban, or replaces the one with its id and subject: the subject of a ban never changes.
   *
   * @throws TypeError when its network is neither an address nor a CIDR range.
   */
  add(ban: Ban): void
  /** Forgets a ban; `false` when there is none with this id and subject. */
  remove(ban: Pick<Ban, 'id' | 'subject'>): boolean
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
  /** Begins a list of all bans there are: what is not added after this is gone by its end, when `forgetUnlisted` is called. */
  beginList(): void
  /** Forgets bans that were not added since `beginList`. At most `limit` (default 1,000); fewer when no more are left. */
  forgetUnlisted(limit?: number): number
  /** Bans held, ended ones included until they are swept. */
  readonly size: number
}

/**
 * Creates an empty set.
 *
 * @param allowed - Addresses and CIDR ranges that no ban of the same or a wider network refuses (default none); one of a narrower network does.
 * @param expected - Bans that will be added at once (default 0): there is room for them from the start, so that no table is made twice.
 * @throws TypeError when an allowed one is neither an address nor a CIDR range.
 */
export const createBanSet = (allowed: readonly string[] = [], expected = 0): BanSet => {
  const rows = createBanRows()
  /** The first row of each subject: the ban that ends last, which alone tells whether any is in force. */
  const byNetwork = createNetworkMap(expected)
  const byUser = new Map<string, number>()
  const exempt = createNetworkMap()
  for (const text of allowed) {
    const network = networkOfBan(text, 'exempt a network from bans', 'allowed')
    exempt.set(network, network.prefix)
  }
  let endings = createExpiryQueue<number>(rows.endOf, createIntHeap())
  /** Rows of removed bans that still wait for their end among `endings`, and are not given out again before. */
  const dead = new Set<number>()

  /** Rows before this one were looked at by `forgetUnlisted`. */
  let looked = 0

  const firstOf = (place: BanPlace): number => (typeof place === 'string' ? byUser.get(place) : byNetwork.get(place)) ?? -1

  const setFirst = (place: BanPlace, row: number): void => {
    if (typeof place !== 'string') {
      if (row === -1) byNetwork.delete(place)
      else byNetwork.set(place, row)
    } else if (row === -1) byUser.delete(place)
    else byUser.set(place, row)
  }

  const endsLater = (a: number, b: number): boolean =>
    rows.endOf(a) === rows.endOf(b) ? rows.id(a) < rows.id(b) : rows.endOf(a) > rows.endOf(b)

  const link = (place: BanPlace, row: number): void => {
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

  const rowOf = (place: BanPlace, id: string): number => {
    let row = firstOf(place)
    while (row !== -1 && !rows.hasId(row, id)) row = rows.next(row)
    return row
  }

  const unlink = (row: number): void => {
    const place = rows.place(row)
    let before = firstOf(place)
    if (before === row) {
      setFirst(place, rows.next(row))
      return
    }
    while (before !== -1 && rows.next(before) !== row) before = rows.next(before)
    if (before !== -1) rows.setNext(before, rows.next(row))
  }

  const drop = (row: number): void => {
    unlink(row)
    rows.close(row)
    if (rows.endOf(row) === Infinity) rows.free(row)
    else dead.add(row)
    if (dead.size > rows.size + 1_000) buryDead()
  }

  /** Bans that come and go before their ends would else leave more rows behind than there are bans. */
  const buryDead = (): void => {
    const ended = endings
    endings = createExpiryQueue<number>(rows.endOf, createIntHeap())
    for (const row of ended.all()) {
      if (dead.has(row)) rows.free(row)
      else endings.push(row)
    }
    dead.clear()
  }

  return {
    add(ban) {
      const place = placeOf(ban.subject)
      const known = rowOf(place, ban.id)
      if (known !== -1 && rows.equals(known, ban)) {
        rows.list(known)
        return
      }
      if (known !== -1) drop(known)
      const row = rows.add(ban, place)
      link(place, row)
      if (ban.expiresAt !== undefined) endings.push(row)
    },
    remove({ id, subject }) {
      const row = rowOf(placeOf(subject), id)
      if (row === -1) return false
      drop(row)
      return true
    },
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
        if (!dead.delete(row)) {
          unlink(row)
          rows.close(row)
          swept += 1
        }
        rows.free(row)
      }
      return swept
    },
    beginList() {
      rows.unlistAll()
      looked = 0
    },
    forgetUnlisted(limit = 1_000) {
      let forgotten = 0
      for (; forgotten < limit; forgotten++) {
        const row = rows.nextUnlisted(looked)
        if (row === -1) break
        drop(row)
        looked = row + 1
      }
      return forgotten
    },
    get size() {
      return rows.size
    },
  }
}

const placeOf = (subject: BanSubject): Network | string => (subject.kind === 'user' ? subject.userId : networkOfBan(subject.network))

const always = (): boolean => true

const networkOfBan = (text: string, what = 'hold a ban', field = 'network'): Network => {
  const network = parseNetwork(text)
  if (network === undefined) {
    throw new TypeError(`Cannot ${what} as "${field}" must be an address or a CIDR range: current value is ${JSON.stringify(text)}`)
  }
  return network
}
