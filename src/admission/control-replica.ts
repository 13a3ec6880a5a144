import type { Bans } from './ban.js'
import { createBanSet, type BanSet } from './ban-set.js'
import type { ControlChange, ControlLog } from './control.js'
import type { Revocations } from './revocation.js'
import { createRevocationSet, type RevocationSet } from './revocation-set.js'

/** Events read in one go; a node that was away for long catches up in several. */
const pageSize = 500

/** This node's own copy of bans and revocations, kept true by reading the control log. */
export interface ControlReplica {
  readonly bans: BanSet
  readonly revocations: RevocationSet
  /** Applies a change at once, for the node that made it; reading it again from the log changes nothing. */
  apply(change: ControlChange): void
  /**
   * Reads what is new in the control log and applies it.
   *
   * @returns The changes, in order.
   * @throws StoreUnavailable when the store does not answer; the next poll begins where this one did.
   */
  poll(): Promise<readonly ControlChange[]>
}

/**
 * Loads the replica.
 *
 * @throws StoreUnavailable when the store does not answer: a node that never knew the bans admits nobody.
 */
export const loadControlReplica = async (
  stores: { readonly bans: Bans; readonly revocations: Revocations; readonly control: ControlLog },
  at: number,
): Promise<ControlReplica> => {
  const bans = createBanSet()
  const revocations = createRevocationSet()

  const apply = (change: ControlChange): void => {
    switch (change.kind) {
      case 'ban_added':
        bans.add(change.ban)
        return
      case 'ban_lifted':
        bans.remove(change.ban.id)
        return
      case 'revoked':
        revocations.add(change.revocation)
        return
      case 'user_changed':
        return
    }
  }

  // The head is read before the lists: what is added in between is read twice, never missed.
  let seq = await stores.control.head()
  for (const ban of await stores.bans.list(at)) bans.add(ban)
  for (const revocation of await stores.revocations.list(at)) revocations.add(revocation)

  return {
    bans,
    revocations,
    apply,
    async poll() {
      const changes: ControlChange[] = []
      for (;;) {
        const events = await stores.control.since(seq, pageSize)
        for (const event of events) {
          apply(event)
          changes.push(event)
          seq = event.seq
        }
        if (events.length < pageSize) return changes
      }
    },
  }
}
