import type { Revocation, Revocations } from '../../admission/revocation.js'
import { createRevocationSet } from '../../admission/revocation-set.js'
import type { MemoryControlLog } from './memory-control-log.js'

/** Creates a store of revocations that lives as long as the process. Records are forgotten a day after their `until`, when others are added or listed. */
export const createMemoryRevocations = (log: MemoryControlLog): Revocations => {
  const revocations = createRevocationSet()
  return {
    async add(revocation, _actor, at) {
      revocations.sweep(at - graceMs)
      const held: Revocation = Object.freeze({ ...revocation })
      revocations.add(held)
      log.append({ kind: 'revoked', revocation: held })
    },
    async list(at) {
      revocations.sweep(at - graceMs, Infinity)
      return revocations.list(at)
    },
  }
}

const graceMs = 24 * 3_600_000
