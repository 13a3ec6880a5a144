import type { Ban } from '../admission/ban.js'
import type { AuditLine } from '../stores/sqlite/sqlite-audit.js'
import { z } from 'zod'

/** What would undo a line of the audit log, or why nothing does. */
export type Undoing =
  | { readonly kind: 'lift'; readonly ban: Ban }
  | { readonly kind: 'ban'; readonly ban: Ban }
  | { readonly kind: 'set_active'; readonly userId: string; readonly active: boolean }
  | { readonly kind: 'impossible'; readonly why: string }

const subject = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('network'), network: z.string() }),
  z.object({ kind: z.literal('user'), userId: z.string() }),
])

const ban = z.object({
  id: z.string(),
  subject,
  reason: z.string(),
  actor: z.string(),
  source: z.enum(['manual', 'ladder', 'import']),
  createdAt: z.number(),
  expiresAt: z.number().optional(),
})

const banOf = (value: unknown): Ban | undefined => {
  const read = ban.safeParse(value)
  return read.success ? { ...read.data, expiresAt: read.data.expiresAt } : undefined
}

const impossible = (why: string): Undoing => ({ kind: 'impossible', why })

const reasons: Readonly<Record<string, string>> = {
  'revocation.add': 'A revocation is never taken back: its holder logs in again.',
  'user.add': 'A user who was added stays known: disable the account instead.',
  'user.password': 'The old password is not kept: set another one.',
  'user.raise_epoch': 'Tokens that were ended stay ended: their holder logs in again.',
  'member.disable': 'Let the member in again: user enable --workspace.',
  'member.enable': 'Take the member out again: user disable --workspace.',
  'session.end': 'A session that was ended is opened again only by its client.',
  'customer.delete': 'What was deleted is not kept.',
  'conversation.delete': 'What was deleted is not kept.',
  'customer.change': 'What he was called before is not kept.',
  'conversation.change': 'A conversation is changed back by a member of its workspace.',
  undo: 'Undo the change that it made instead: it has a line of its own.',
}

/** Says what undoes a change; whether the world still is as the change left it, the caller looks. */
export const undoingOf = ({ action, subject: about, before, after }: AuditLine): Undoing => {
  const changed = action === 'ban.add' ? banOf(after) : action === 'ban.lift' ? banOf(before) : undefined
  if (changed !== undefined) return action === 'ban.add' ? { kind: 'lift', ban: changed } : { kind: 'ban', ban: changed }
  if (action === 'user.disable' || action === 'user.enable') return { kind: 'set_active', userId: about.replace(/^user:/, ''), active: action === 'user.disable' }
  return impossible(reasons[action] ?? 'Nothing undoes this change.')
}
