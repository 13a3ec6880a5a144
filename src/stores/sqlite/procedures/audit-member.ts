import type { Audited } from '../../../conversation/upkeep.js'
import type { Database } from '../database.js'
import { audit, type AuditEntry } from './audit.js'

interface Change extends Audited, Pick<AuditEntry, 'at' | 'action' | 'subject' | 'before' | 'after'> {
  /** Id of the user who made it. */
  readonly by: string
}

/** Writes down what a member of a workspace changed; never what customers are called or wrote, which a deletion is to take away everywhere. */
export const auditMember = (db: Database, { auditedFrom, by, at, action, subject, before, after }: Change): void => {
  if (auditedFrom !== undefined) audit(db, { at, actor: `user:${by}`, address: auditedFrom, action, subject, before, after })
}
