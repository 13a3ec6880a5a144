import { banDangers, isBannedBy, type BanDanger, type ProtectedNetworks } from '../admission/ban-dangers.js'
import type { BanSubject } from '../admission/ban.js'
import type { Session } from '../session/session.js'

/** What a ban would do, before it is saved. */
export interface BanPreview {
  /** Live sockets that would be closed on this node. */
  readonly sockets: number
  /** Users they belong to. */
  readonly users: number
  /** What speaks against it; such a ban is saved only by force. */
  readonly dangers: readonly BanDanger[]
}

/** Counts whom a ban would put out; walks over the live sessions once. */
export const previewBan = (sessions: Iterable<Session>, subject: BanSubject, networks: ProtectedNetworks): BanPreview => {
  const users = new Set<string>()
  let sockets = 0
  for (const { client, user } of sessions) {
    // A client without a key is a trusted proxy, which no ban refuses.
    const concerned = subject.kind === 'user' ? user.id === subject.userId : client?.key !== undefined && isBannedBy(subject, client.address, networks.allowed)
    if (!concerned) continue
    sockets += 1
    users.add(user.id)
  }
  return { sockets, users: users.size, dangers: banDangers(subject, networks) }
}
