import type { BanDanger } from '../admission/ban-dangers.js'
import type { AuditFilter, AuditLine } from '../stores/sqlite/sqlite-audit.js'
import type { Actor } from './actor.js'
import type { Reach } from './reach.js'

/** What became of an undo. */
export type UndoAnswer =
  | ({ readonly kind: 'undone'; readonly action: string; readonly subject: string } & Reach)
  /** Nothing changed. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Nothing changed: a ban that comes back is guarded like a new one. */
  | { readonly kind: 'dangerous'; readonly dangers: readonly BanDanger[] }

/** The audit log to those who read it and take back what it says. */
export interface Audit {
  /** The newest first. */
  audit(filter: AuditFilter, before: number | undefined, limit: number): Promise<readonly AuditLine[]>
  /**
   * Takes back the change of one line, if the world still is as it left it; the change this makes has a line of its own, and so has the undo.
   *
   * @returns `undefined` when there is no such line.
   */
  undo(id: number, force: boolean, ownAddress: string | undefined, actor: Actor): Promise<UndoAnswer | undefined>
}
