import type { SqliteAudit } from '../stores/sqlite/sqlite-audit.js'
import type { Actor } from './actor.js'
import type { Audit, UndoAnswer } from './audit.js'
import type { Operations } from './operations.js'
import type { Reach } from './reach.js'
import { undoingOf, type Undoing } from './undo-change.js'

type Changes = Pick<Operations, 'ban' | 'lift' | 'previewBan' | 'setUserActive'>

export const createAudit = (log: SqliteAudit, operations: Changes, now: () => number): Audit => {
  const nowhere: Reach = { sockets: 0, nodes: 1 }

  const perform = async (undoing: Undoing, force: boolean, ownAddress: string | undefined, actor: Actor): Promise<Reach | Exclude<UndoAnswer, { kind: 'undone' }>> => {
    switch (undoing.kind) {
      case 'impossible':
        return { kind: 'refused', why: undoing.why }
      case 'lift': {
        const inForce = await log.bansOf(undoing.ban.subject, now())
        if (!inForce.some(({ id }) => id === undoing.ban.id)) return { kind: 'refused', why: 'This ban is not in force any more.' }
        if (inForce.length > 1) return { kind: 'refused', why: 'Other bans of the same subject are in force and would be lifted with it: lift them by name.' }
        await operations.lift(undoing.ban.subject, actor)
        return nowhere
      }
      case 'ban': {
        const { subject, reason, expiresAt } = undoing.ban
        if (expiresAt !== undefined && expiresAt <= now()) return { kind: 'refused', why: 'This ban would have ended by itself meanwhile.' }
        if ((await log.bansOf(subject, now())).length > 0) return { kind: 'refused', why: 'Its subject has been banned again meanwhile.' }
        const { dangers } = operations.previewBan(subject, ownAddress)
        if (dangers.length > 0 && !force) return { kind: 'dangerous', dangers }
        return await operations.ban(subject, reason, expiresAt === undefined ? undefined : expiresAt - now(), actor)
      }
      case 'set_active': {
        const { userId, active } = undoing
        const known = await log.isActive(userId)
        if (known === undefined) return { kind: 'refused', why: 'There is no such user any more.' }
        if (known === active) return { kind: 'refused', why: `This user has been ${active ? 'enabled' : 'disabled'} meanwhile.` }
        return (await operations.setUserActive(userId, active, actor)) ?? nowhere
      }
    }
  }

  const takeBack = async (id: number, force: boolean, ownAddress: string | undefined, actor: Actor): Promise<UndoAnswer | undefined> => {
    const line = await log.find(id)
    if (line === undefined) return undefined
    const done = await perform(undoingOf(line), force, ownAddress, actor)
    if ('kind' in done) return done
    await log.note({ at: now(), actor: actor.name, address: actor.address, action: 'undo', subject: `audit:${String(id)}` })
    return { kind: 'undone', action: line.action, subject: line.subject, sockets: done.sockets, nodes: done.nodes }
  }

  /** Undos wait for each other: between the look at the world and the change, another of the same line would find the world as this one did. */
  let newest: Promise<unknown> = Promise.resolve()

  return {
    audit: (filter, before, limit) => log.page(filter, before, limit),
    undo(id, force, ownAddress, actor) {
      const undone = newest.then(() => takeBack(id, force, ownAddress, actor))
      // Whoever asked hears of its failure.
      newest = undone.catch(() => undefined)
      return undone
    },
  }
}
