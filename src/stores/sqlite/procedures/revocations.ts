import type { Revocation } from '../../../admission/revocation.js'
import type { Database } from '../database.js'
import { audit } from './audit.js'
import { appendControl } from './control.js'

/** Stores a revocation. Of two for the same token or user the later moment and the later end count. */
export const addRevocation = (
  db: Database,
  { revocation, actor, at, actorAddress }: { readonly revocation: Revocation; readonly actor: string; readonly at: number; readonly actorAddress?: string | undefined },
): void => {
  const subject = revocation.kind === 'token' ? revocation.tokenId : revocation.userId
  db.run(
    `insert into revocations (kind, subject, before_ms, until_ms, actor, created_ms) values (:kind, :subject, :before, :until, :actor, :at)
     on conflict (kind, subject) do update set
       before_ms = max(before_ms, excluded.before_ms), until_ms = max(until_ms, excluded.until_ms), actor = excluded.actor`,
    { kind: revocation.kind, subject, before: revocation.kind === 'user' ? revocation.before : null, until: revocation.until, actor, at },
  )
  appendControl(db, { kind: 'revoked', revocation }, at)
  audit(db, { at, actor, address: actorAddress, action: 'revocation.add', subject: `${revocation.kind}:${subject}`, after: revocation })
}
