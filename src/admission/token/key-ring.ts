import type { CompleteIssuer } from './complete-issuer.js'
import type { IssuerConfig } from './issuer.js'
import type { JsonObject } from './json-object.js'
import type { ClaimPolicy } from './judge-claims.js'
import type { OwnKeyLife } from './key-life.js'
import type { TokenHeader } from './parse-compact.js'
import { prepareIssuers } from './prepare-issuers.js'
import { createRemoteKeys, type JwksPolicy, type RemoteKeys, type Search } from './remote-keys.js'
import type { VerificationKey } from './verification-key.js'

/** One key, the issuer it speaks for, and how long it may. */
export interface Trial {
  readonly key: VerificationKey
  readonly policy: ClaimPolicy
  readonly life: OwnKeyLife
}

/** Something about keys that operators should hear of. */
export interface KeysNotice {
  /** Name of the issuer. */
  readonly issuer: string
  readonly state: 'changed' | 'away' | 'back'
  readonly detail: string | undefined
}

export interface KeyRingOptions {
  readonly jwks: JwksPolicy
  readonly now: () => number
  readonly told: (notice: KeysNotice) => void
  /** Hears that keys were taken out, or were given an earlier end. */
  readonly shortened: () => void
}

/** The keys of all issuers as they are now. */
export interface KeyRing {
  /** Those of all issuers. */
  readonly trials: readonly Trial[]
  /** The keys of the issuers a token may be of, by its unproved `iss`. Narrowing only: an issuer that does not fit is refused again with the claims. */
  eligible(payload: JsonObject): readonly Trial[]
  /** Epoch milliseconds up to which a verification by this key may be remembered. */
  believedUntil(trial: Trial): number
  /** Asks issuers that serve their keys, if any may have the one a token names; a promise only when one has to be asked. */
  search(header: TokenHeader, payload: JsonObject, at: number): Search | Promise<Search>
  /** Issuers whose key server did not answer last. */
  readonly away: readonly string[]
  /**
   * Puts other issuers in the place of all; a key that stays the same key goes on as if nothing had happened.
   *
   * @returns Sentences about the new configuration.
   * @throws TypeError or RangeError when it is weak or contradicts itself; then nothing changed.
   */
  replace(issuers: readonly IssuerConfig[]): Promise<readonly string[]>
  /** Fetches what is due; resolves when that is over. */
  tick(at: number): Promise<void>
}

interface Slot {
  readonly policy: ClaimPolicy
  readonly issuer: CompleteIssuer
  readonly remote: RemoteKeys | undefined
  trials: readonly Trial[]
}

/** Makes the ring; the first keys of issuers that serve them are waited for, and may still be missing. */
export const createKeyRing = async (issuers: readonly IssuerConfig[], options: KeyRingOptions): Promise<{ readonly ring: KeyRing; readonly warnings: readonly string[] }> => {
  const { now, told, shortened } = options
  let slots: readonly Slot[] = []
  let trials: readonly Trial[] = []
  let names: ReadonlySet<string | undefined> = new Set()

  const settle = (): void => {
    trials = slots.flatMap((slot) => slot.trials)
    names = new Set(slots.map(({ policy }) => policy.issuer))
  }

  const trialsOf = (keys: readonly VerificationKey[], policy: ClaimPolicy, before: readonly Trial[]): readonly Trial[] =>
    keys.map((key) => {
      const same = before.find((one) => isSame(one, key, policy))
      return { key, policy, life: lifeOf(key, policy, same) }
    })

  /** Marks what is gone and says so when that ends something; the new keys must be in their place already. */
  const withdraw = (before: readonly Trial[], after: readonly Trial[]): void => {
    const kept = new Set(after.map(({ life }) => life))
    const gone = before.filter(({ life }) => !kept.has(life))
    for (const { life } of gone) life.withdrawn = true
    let earlier = false
    for (const { key, life } of after) {
      if (key.notAfter < life.notAfter) earlier = true
      life.notAfter = key.notAfter
    }
    if (gone.length > 0 || earlier) shortened()
  }

  const createSlot = (policy: ClaimPolicy, issuer: CompleteIssuer, keys: readonly VerificationKey[]): Slot => {
    const remote =
      issuer.jwks &&
      createRemoteKeys(
        issuer.jwks,
        { name: issuer.issuer, algorithms: issuer.algorithms },
        options.jwks,
        now,
        (fetched, passedOver) => {
          const before = slots.includes(slot) ? slot.trials : trials.filter((one) => one.policy.name === policy.name)
          slot.trials = trialsOf(fetched, policy, before)
          // Issuers that are not in force yet, or not any more, withdraw nothing.
          if (slots.includes(slot)) {
            settle()
            withdraw(before, slot.trials)
          }
          const difference = differenceOf(before, slot.trials)
          if (difference !== undefined) told({ issuer: policy.name, state: 'changed', detail: passedOver === 0 ? difference : `${difference}, ${String(passedOver)} passed over` })
        },
        (away, detail) => {
          told({ issuer: policy.name, state: away ? 'away' : 'back', detail })
        },
      )
    const slot: Slot = { policy, issuer, remote, trials: trialsOf(keys, policy, trials) }
    return slot
  }

  const replaceNow = async (next: readonly IssuerConfig[]): Promise<readonly string[]> => {
    const prepared = await prepareIssuers(next, now())
    const before = slots
    const made = prepared.issuers.map(({ policy, issuer, keys }) => {
      const same = before.find((slot) => slot.remote !== undefined && JSON.stringify(slot.issuer) === JSON.stringify(issuer))
      return same ?? createSlot(policy, issuer, keys)
    })
    await Promise.all(made.filter((slot) => !before.includes(slot)).map(async ({ remote }) => remote?.refresh()))
    const trialsBefore = trials
    slots = made
    settle()
    withdraw(trialsBefore, trials)
    return prepared.warnings
  }

  let last: Promise<unknown> = Promise.resolve()
  // One after the other: two at once would each count on the keys that the other withdraws.
  const replace = (next: readonly IssuerConfig[]): Promise<readonly string[]> => {
    const turn = last.then(() => replaceNow(next))
    last = turn.catch(() => undefined)
    return turn
  }

  const warnings = await replace(issuers)

  const ring: KeyRing = {
    get trials() {
      return trials
    },
    eligible(payload) {
      const claimed = payload['iss']
      return typeof claimed === 'string' && names.has(claimed) ? trials.filter(({ policy }) => policy.issuer === claimed) : trials
    },
    believedUntil({ policy, life }) {
      const slot = slots.find((one) => one.policy === policy)
      return Math.min(life.notAfter, slot?.remote?.usableUntil ?? Number.POSITIVE_INFINITY)
    },
    search(header, payload, at) {
      const asked = slots.filter(({ issuer: { algorithms, issuer }, remote }) => remote !== undefined && algorithms.some((one) => one === header.algorithm) && (issuer === undefined || issuer === payload['iss']))
      return asked.length === 0 ? 'unknown' : searchAll(asked.flatMap(({ remote }) => remote ?? []), header.keyId, at)
    },
    get away() {
      return slots.filter(({ remote }) => remote?.away === true).map(({ policy }) => policy.name)
    },
    replace,
    async tick(at) {
      await Promise.all(slots.flatMap(({ remote }) => remote?.tick(at) ?? []))
    },
  }
  return { ring, warnings }
}

const searchAll = async (remotes: readonly RemoteKeys[], kid: string | undefined, at: number): Promise<Search> => {
  const found = await Promise.all(remotes.map((remote) => remote.search(kid, at)))
  return found.find((one) => one === 'look again') ?? found.find((one) => one === 'away') ?? 'unknown'
}

const isSame = ({ key, policy }: Trial, other: VerificationKey, otherPolicy: ClaimPolicy): boolean =>
  policy.name === otherPolicy.name && key.kid === other.kid && key.algorithm === other.algorithm && key.identity === other.identity

const lifeOf = (key: VerificationKey, policy: ClaimPolicy, same: Trial | undefined): OwnKeyLife => {
  if (same !== undefined && !same.life.withdrawn) return same.life
  return { issuer: policy.name, kid: key.kid, notAfter: key.notAfter, withdrawn: false }
}

const differenceOf = (before: readonly Trial[], after: readonly Trial[]): string | undefined => {
  const added = after.filter(({ life }) => !before.some((one) => one.life === life)).length
  const removed = before.filter(({ life }) => !after.some((one) => one.life === life)).length
  return added + removed === 0 ? undefined : `${String(added)} new, ${String(removed)} withdrawn, ${String(after.length)} held`
}
