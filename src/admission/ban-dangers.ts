import { networkOf, networksOverlap, parseNetwork, type Network } from './address/network.js'
import type { BanSubject } from './ban.js'

/** Why a ban is hardly what somebody means. */
export type BanDanger = 'everybody' | 'wide_range' | 'loopback' | 'trusted_proxy' | 'allowed_network' | 'own_address'

export const dangerSentences: Readonly<Record<BanDanger, string>> = {
  everybody: 'it holds every address of its family',
  wide_range: 'it is wider than a /16 of IPv4 or a /32 of IPv6',
  loopback: 'it holds addresses of this machine itself',
  trusted_proxy: 'it holds a trusted proxy',
  allowed_network: 'it holds addresses of bans.allow, which are never to be banned',
  own_address: 'it holds the address you come from',
}

/** A ban that would lock out whom nobody bans by accident, and was not forced; nothing was stored. */
export class DangerousBan extends Error {
  readonly code = 'ERR_DANGEROUS_BAN'
  override readonly name = 'DangerousBan'
  readonly subject: BanSubject
  readonly dangers: readonly BanDanger[]

  constructor(subject: BanSubject, dangers: readonly BanDanger[]) {
    const banned = subject.kind === 'user' ? `user ${subject.userId}` : subject.network
    super(`Cannot ban ${banned} as ${dangers.map((danger) => dangerSentences[danger]).join(' and ')}: give "force" when it is meant`)
    this.subject = subject
    this.dangers = dangers
  }
}

/** Networks that nobody bans by accident, as addresses and CIDR ranges. */
export interface ProtectedNetworks {
  readonly trustedProxies: readonly string[]
  readonly allowed: readonly string[]
  /** Where the operator comes from, when that is known. */
  readonly ownAddress?: string | undefined
}

/**
 * What speaks against a ban: it would lock out an operator, a proxy and everybody behind it, whom the configuration protects, or a part of the world.
 *
 * A ban of a user has no dangers of this kind, because the internal port asks no user. Costs a comparison for each protected network.
 */
export const banDangers = (subject: BanSubject, networks: ProtectedNetworks): readonly BanDanger[] => createBanJudge(networks)(subject)

/** The same for many bans, with the protected networks read once. */
export const createBanJudge = ({ trustedProxies, allowed, ownAddress }: ProtectedNetworks): ((subject: BanSubject) => readonly BanDanger[]) => {
  const guarded: readonly (readonly [BanDanger, readonly Network[]])[] = [
    ['loopback', networksOf(['127.0.0.0/8', '::1'])],
    ['trusted_proxy', networksOf(trustedProxies)],
    ['allowed_network', networksOf(allowed)],
    ['own_address', networksOf(ownAddress === undefined ? [] : [ownAddress])],
  ]
  return (subject) => {
    const banned = subject.kind === 'network' ? parseNetwork(subject.network) : undefined
    if (banned === undefined) return []
    const hit = guarded.flatMap(([danger, networks]) => (networks.some((network) => networksOverlap(network, banned)) ? [danger] : []))
    return [...widthDangers(banned), ...hit]
  }
}

/** Prefixes under these hold more than any one network that somebody attacks from. */
const widestPrefix = { 4: 16, 6: 32 } as const

const widthDangers = ({ family, prefix }: Network): readonly BanDanger[] => (prefix === 0 ? ['everybody'] : prefix < widestPrefix[family] ? ['wide_range'] : [])

/**
 * Whether a canonical address is one that a ban of this subject refuses.
 *
 * @param allowed - Addresses and CIDR ranges that no ban of the same or a wider network refuses (default none).
 */
export const isBannedBy = (subject: BanSubject, address: string, allowed: readonly string[] = []): boolean => {
  const banned = subject.kind === 'network' ? parseNetwork(subject.network) : undefined
  const host = networkOf(address, address.includes(':') ? 128 : 32)
  if (banned === undefined || !networksOverlap(host, banned)) return false
  return !networksOf(allowed).some((network) => network.prefix >= banned.prefix && networksOverlap(network, host))
}

const networksOf = (texts: readonly string[]): readonly Network[] => texts.flatMap((text) => parseNetwork(text) ?? [])
