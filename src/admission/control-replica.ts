import { liftGraceMs, type Ban, type Bans } from './ban.js'
import { createBanSet, type BanSet } from './ban-set.js'
import type { ControlChange, ControlLog } from './control.js'
import { nextTurn } from './next-turn.js'
import type { Revocations } from './revocation.js'
import { createRevocationSet, type RevocationSet } from './revocation-set.js'

/** Events read in one go; a node that was away for long catches up in several. */
const pageSize = 500

/**
 * Bans read in one go: what is read is in one turn of the event loop, so that it must not be much, and a text of more than 128 KiB is garbage of a
 * kind that V8 lets grow.
 */
const bansAtOnce = 500

/** Bans that are taken up in one turn of the event loop. */
const bansInTurn = 500

/**
 * How long bans and revocations are known after their end, in milliseconds: the day in which bans are still lifted. By a clock that is set right they may
 * be in force again.
 */
export const endedKeptMs = liftGraceMs

/** How many more bans are news. */
const bansInNews = 100_000

/**
 * What a poll found: changes in order; or that events were missed, and then any user may have changed. `unreadable` of them were there and no sense could
 * be made of them.
 */
export type ReplicaChange = ControlChange | { readonly kind: 'reloaded'; readonly unreadable?: number }

/** This node's own copy of bans and revocations, kept true by reading the control log. */
export interface ControlReplica {
  readonly bans: BanSet
  readonly revocations: RevocationSet
  /** Applies a change at once, for the node that made it; reading it again from the log changes nothing. */
  apply(change: ControlChange): void
  /**
   * Reads what is new in the control log and applies it. Where the log has forgotten events that were not read yet, or holds some that can't be read,
   * bans and revocations are loaded anew.
   *
   * @param at - Epoch milliseconds.
   * @returns The changes, in order.
   * @throws StoreUnavailable when the store does not answer; the next poll begins where this one did.
   */
  poll(at: number): Promise<readonly ReplicaChange[]>
}

/**
 * Loads the replica.
 *
 * Half a million bans take seconds, in turns of the event loop of some milliseconds each.
 *
 * @param allowed - Networks that no ban of the same or a wider one refuses (default none).
 * @param told - Told of every 100,000 bans that have been loaded.
 * @throws StoreUnavailable when the store does not answer: a node that never knew the bans admits nobody.
 */
export const loadControlReplica = async (
  stores: { readonly bans: Bans; readonly revocations: Revocations; readonly control: ControlLog },
  at: number,
  allowed: readonly string[] = [],
  told: (loaded: number) => void = () => undefined,
): Promise<ControlReplica> => {
  const bans = createBanSet(allowed, await stores.bans.count())
  const revocations = createRevocationSet()

  /** Ids of bans that this node has lifted and that a poll or a list may still bring: it was read before they were lifted. */
  const lifted = new Set<string>()

  const add = (ban: Ban): void => {
    if (!lifted.has(ban.id)) bans.add(ban)
  }

  const takeIn = (change: ControlChange): void => {
    switch (change.kind) {
      case 'ban_added':
        add(change.ban)
        return
      case 'ban_lifted':
        bans.remove(change.ban)
        return
      case 'revoked':
        revocations.add(change.revocation)
        return
      case 'user_changed':
      case 'sessions_ended':
        return
    }
  }

  /** Makes the copy anew and returns the number it is true up to. */
  const load = async (when: number): Promise<number> => {
    // The head is read before the lists: what is added in between is read twice, never missed.
    const head = await stores.control.head()
    const since = when - endedKeptMs
    bans.beginList()
    const revoked = await stores.revocations.list(since)
    const takeUp = async (page: readonly Ban[], isLast: boolean): Promise<void> => {
      for (let start = 0; start < page.length; start += bansInTurn) {
        // Before the first ones too, when others are on their way: a turn has enough to do with what was read, and what was asked leaves at its end.
        if (start > 0 || !isLast) await nextTurn()
        for (const ban of page.slice(start, start + bansInTurn)) add(ban)
      }
    }
    let loaded = 0
    let page = await stores.bans.page(since, undefined, bansAtOnce)
    while (page.length > 0) {
      const isLast = page.length < bansAtOnce
      // The store reads the next ones while these are taken up.
      const [next] = await Promise.all([isLast ? [] : stores.bans.page(since, page.at(-1)?.id, bansAtOnce), takeUp(page, isLast)])
      if (Math.floor((loaded + page.length) / bansInNews) > Math.floor(loaded / bansInNews)) told(loaded + page.length)
      loaded += page.length
      page = next
    }
    // Only what was here before the list was read: a ban that this node has added since counts as listed.
    while (bans.forgetUnlisted(bansInTurn) === bansInTurn) await nextTurn()
    for (const revocation of revoked) revocations.add(revocation)
    return head
  }
  let seq = await load(at)

  return {
    bans,
    revocations,
    apply(change) {
      takeIn(change)
      if (change.kind === 'ban_lifted') lifted.add(change.ban.id)
    },
    async poll(when) {
      const changes: ReplicaChange[] = []
      const liftedBefore = [...lifted]
      for (;;) {
        const events = await stores.control.since(seq, pageSize)
        const [first] = events
        if (first !== undefined && first.seq !== seq + 1) {
          seq = await load(when)
          changes.push({ kind: 'reloaded' })
          continue
        }
        const read = events.filter((event) => event.kind !== 'unreadable')
        const unreadable = events.length - read.length
        // Not further than this page: ended sessions behind it are in no table.
        if (unreadable > 0) await load(when)
        for (const event of read) {
          takeIn(event)
          changes.push(event)
        }
        if (unreadable > 0) changes.push({ kind: 'reloaded', unreadable })
        seq = events.at(-1)?.seq ?? seq
        if (events.length < pageSize) {
          for (const id of liftedBefore) lifted.delete(id)
          return changes
        }
      }
    },
  }
}
