import { v7 as uuidv7 } from 'uuid'
import { liftGraceMs, type Ban, type Bans, type BanSubject, type NewBan } from '../../admission/ban.js'
import { canonicalSubject, subjectKey } from '../../admission/ban-subject.js'
import { createExpiryQueue } from '../../admission/expiry-queue.js'
import type { MemoryControlLog } from './memory-control-log.js'

/**
 * Creates a store of bans that lives as long as the process.
 *
 * Bans that have been over for a day are forgotten when others are listed, lifted or added; a day, so that a clock that was set
 * wrong for a moment ends no ban, and because they are lifted so long.
 */
export const createMemoryBans = (log: MemoryControlLog): Bans => {
  const bans = new Map<string, Ban>()
  const bySubject = new Map<string, Set<Ban>>()
  const endings = createExpiryQueue<Ban>(({ expiresAt }) => expiresAt ?? Infinity)

  const forget = (ban: Ban): void => {
    bans.delete(ban.id)
    const key = subjectKey(ban.subject)
    const others = bySubject.get(key)
    others?.delete(ban)
    if (others?.size === 0) bySubject.delete(key)
  }
  const forgetEnded = (at: number): void => {
    for (let over = endings.take(at - liftGraceMs); over !== undefined; over = endings.take(at - liftGraceMs)) forget(over)
  }
  const addNow = (newBan: NewBan): Ban => {
    const ban: Ban = Object.freeze({ ...newBan, id: uuidv7(), subject: Object.freeze(canonicalSubject(newBan.subject)) })
    forgetEnded(ban.createdAt)
    bans.set(ban.id, ban)
    const key = subjectKey(ban.subject)
    const others = bySubject.get(key)
    if (others === undefined) bySubject.set(key, new Set([ban]))
    else others.add(ban)
    if (ban.expiresAt !== undefined) endings.push(ban)
    log.append({ kind: 'ban_added', ban })
    return ban
  }
  const liftNow = (subject: BanSubject, at: number): readonly Ban[] => {
    forgetEnded(at)
    const lifted = [...(bySubject.get(subjectKey(canonicalSubject(subject))) ?? [])].sort(oldestFirst)
    for (const ban of lifted) {
      forget(ban)
      log.append({ kind: 'ban_lifted', ban })
    }
    return lifted
  }

  // Async, so that a wrong subject rejects, as it does where the store is remote.
  return {
    add: async (ban) => addNow(ban),
    async addAll(newBans) {
      const checked = newBans.map((ban) => ({ ...ban, subject: canonicalSubject(ban.subject) }))
      return checked.flatMap((ban) => {
        const others = bySubject.get(subjectKey(ban.subject)) ?? []
        const known = [...others].some(({ reason, expiresAt }) => reason === ban.reason && expiresAt === ban.expiresAt)
        return known ? [] : [addNow(ban)]
      })
    },
    lift: async (subject, _actor, at) => liftNow(subject, at),
    async list(at) {
      forgetEnded(at)
      return [...bans.values()].filter((ban) => isInForce(ban, at)).sort(oldestFirst)
    },
    count: async () => bans.size,
    async page(at, after = '', limit) {
      const next = [...bans.values()].filter((ban) => ban.id > after && isInForce(ban, at))
      return next.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit)
    },
  }
}

const isInForce = (ban: Ban, at: number): boolean => ban.expiresAt === undefined || at < ban.expiresAt

const oldestFirst = (a: Ban, b: Ban): number => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)
