import type { ProtectedNetworks } from '../admission/ban-dangers.js'
import type { BanSubject } from '../admission/ban.js'
import { canonicalAddress } from '../admission/address/canonical.js'
import { failureDenial } from '../admission/failure-denial.js'
import type { Handshake } from '../admission/handshake.js'
import { StoreUnavailable } from '../admission/store-unavailable.js'
import type { User, Users } from '../admission/user.js'
import type { Feed } from '../conversation/feed.js'
import type { Gate } from '../gate.js'
import type { SqliteAudit } from '../stores/sqlite/sqlite-audit.js'
import type { SqliteUsers } from '../stores/sqlite/sqlite-users.js'
import type { StoredUser } from '../stores/sqlite/user-row.js'
import { Conflict } from './conflict.js'
import type { Actor } from './actor.js'
import type { Audit } from './audit.js'
import { createAudit } from './create-audit.js'
import type { DecisionFeed } from './decision-feed.js'
import { passes } from './decision-filter.js'
import type { Log } from './log/create-log.js'
import { logFailure } from './log/log-failure.js'
import type { PasswordHasher } from './login/password-hasher.js'
import type { Metrics } from './metrics/create-metrics.js'
import type { ExplainAsk, Operations, UserSummary } from './operations.js'
import { previewBan } from './preview-ban.js'
import { siftBans } from './sift-bans.js'
import { decisionReport, sessionSummary } from './reports.js'
import { tokenReport, unansweredReport } from './token-report.js'

/** How long a revocation is remembered when nobody said when the token ends: longer than any token we accept by default lives. */
const rememberMs = 400 * 86_400_000

const subjectText = (subject: BanSubject): string => (subject.kind === 'user' ? `user ${subject.userId}` : subject.network)

const userSummary = ({ id, email, active, role }: StoredUser): UserSummary => ({ id, email, active, role })

/** Writes the handshake that somebody asks about, as a well-behaved client would send it. */
const handshakeOf = (ask: ExplainAsk, host: string, at: number): Handshake => ({
  receivedAt: at,
  method: 'GET',
  httpVersion: '1.1',
  target: ask.path,
  peerAddress: canonicalAddress(ask.address) ?? ask.address,
  headers: {
    host: [host],
    upgrade: ['websocket'],
    connection: ['Upgrade'],
    'sec-websocket-version': ['13'],
    'sec-websocket-key': ['AAAAAAAAAAAAAAAAAAAAAA=='],
    ...(ask.origin === undefined ? {} : { origin: [ask.origin] }),
    ...(ask.token === undefined ? {} : { authorization: [`Bearer ${ask.token}`] }),
  },
})

/** An id to ask for when only the answer counts, whatever type the column has; and how long it may take, in milliseconds. */
const nobodysId = '0'
const usersMs = 1_000

const isThere = (asked: Promise<unknown>): Promise<'ok' | 'failing'> =>
  asked.then(
    () => 'ok',
    () => 'failing',
  )

/** Builds what an operator can do on the gate and the stores of a running server. */
export const createOperations = <U extends User>(parts: {
  readonly gate: Gate<U>
  readonly users: SqliteUsers
  /** An existing database that is asked for users; `undefined` where it is our own table. */
  readonly outsideUsers: Users | undefined
  readonly audit: SqliteAudit
  readonly hasher: PasswordHasher
  readonly metrics: Metrics
  readonly feed: DecisionFeed
  readonly dryRun: Operations['dryRun']
  /** Tells sockets of this process what was written to the log of a workspace. */
  readonly publish: Feed['publish']
  readonly log: Log
  readonly mode: 'development' | 'production'
  /** Host that the public port answers to. */
  readonly host: () => string
  /** Networks that are banned only by force. */
  readonly protectedNetworks: Omit<ProtectedNetworks, 'ownAddress'>
  readonly info: () => Readonly<Record<string, unknown>>
  readonly now: () => number
}): Operations => {
  const { gate, users, metrics, log, mode, now } = parts
  const note = (action: string, { name: actor }: Actor, target: string): void => {
    log.write('info', { event: 'operation', action, actor, target })
  }
  const reach = (sockets: number): { sockets: number; nodes: number } => ({ sockets, nodes: 1 })

  const changes: Omit<Operations, keyof Audit> = {
    health: async () => {
      const storage = await isThere(users.list({ limit: 1 }))
      const control = gate.follows ? ('ok' as const) : ('failing' as const)
      // Keys that are held stay good while their server is away, so that this takes no node out.
      const keys = gate.issuers.away.length === 0 ? ('ok' as const) : ('failing' as const)
      // Every node asks the same one, so that taking this one out helps nobody.
      const list = gate.lists === undefined ? {} : { allow_list: gate.lists ? ('ok' as const) : ('failing' as const) }
      // The same again: users who were looked up lately come in as before.
      const outside = parts.outsideUsers && { users: await isThere(parts.outsideUsers.find(nobodysId, now() + usersMs)) }
      const { draining } = gate.load
      return { ready: storage === 'ok' && control === 'ok' && !draining, mode, draining, checks: { storage, control, keys, ...list, ...outside }, sessions: gate.sessions.count }
    },
    metrics: () => metrics.text(),
    info: parts.info,
    async ban(subject, reason, durationMs, actor) {
      // Whoever calls has asked for its dangers, the address of the operator among them.
      const { ban, sockets } = await gate.bans.add(subject, { reason, actor: actor.name, actorAddress: actor.address, durationMs, force: true })
      const hours = durationMs === undefined ? undefined : durationMs / 3_600_000
      log.write('info', { event: 'ban_added', subject: subjectText(ban.subject), hours, actor: actor.name })
      return { ban, ...reach(sockets) }
    },
    previewBan: (subject, ownAddress) => previewBan(gate.sessions, subject, { ...parts.protectedNetworks, ownAddress }),
    async lift(subject, actor) {
      const lifted = await gate.bans.lift(subject, actor.name, actor.address)
      for (const ban of lifted) log.write('info', { event: 'ban_lifted', subject: subjectText(ban.subject), hours: undefined, actor: actor.name })
      return lifted
    },
    async importBans(bans, force, ownAddress, actor) {
      const { good, ended, refused } = siftBans(bans, { ...parts.protectedNetworks, ownAddress }, force, now())
      const { bans: added, sockets } = await gate.bans.addAll(good, { actor: actor.name, actorAddress: actor.address, source: 'import', force: true })
      if (added.length > 0) note('import_bans', actor, `${String(added.length)} bans`)
      return { added: added.length, unchanged: good.length - added.length, ended, refused, ...reach(sockets) }
    },
    bans: (after, limit) => gate.bans.page(after, limit),
    async revokeToken(tokenId, untilAt, actor) {
      const { sockets } = await gate.revocations.add({ kind: 'token', tokenId, until: untilAt ?? now() + rememberMs }, actor.name, actor.address)
      note('revoke_token', actor, tokenId)
      return reach(sockets)
    },
    async revokeUser(userId, beforeAt, actor) {
      const at = now()
      // Our own tokens carry the epoch, which no clock can get wrong; a moment that is not now says nothing about it.
      const raised = beforeAt === undefined ? await users.raiseEpoch(userId, actor.name, at, actor.address) : undefined
      // Whole seconds, rounded up: the times in tokens have no more, and one of this very second is meant too.
      const before = Math.ceil((beforeAt ?? at) / 1_000) * 1_000
      const revoked = await gate.revocations.add({ kind: 'user', userId, before, until: at + rememberMs }, actor.name, actor.address)
      const changed = raised === undefined ? { sockets: 0 } : await gate.users.changed(userId)
      note('revoke_user', actor, userId)
      return reach(revoked.sockets + changed.sockets)
    },
    sessions: () => [...gate.sessions].map(sessionSummary),
    async kick(target, actor) {
      const ended = await gate.endSessions('userId' in target ? { kind: 'user', userId: target.userId } : { kind: 'session', sessionId: target.sessionId })
      note('kick', actor, 'userId' in target ? `user ${target.userId}` : target.sessionId)
      const subject = 'userId' in target ? `user:${target.userId}` : `session:${target.sessionId}`
      // The sockets are closed by now: a log that can't be written must not say otherwise.
      await parts.audit.note({ at: now(), actor: actor.name, address: actor.address, action: 'session.end', subject, after: ended }).catch((error: unknown) => {
        logFailure(log, 'audit', error)
      })
      return ended
    },
    users: async () => (await users.list({ limit: 1_000 })).map(userSummary),
    async addUser({ id, email, role }, actor) {
      const added = await users.add({ ...(id === undefined ? {} : { id }), email, ...(role === 'customer' ? {} : { role }) }, actor.name, now(), actor.address)
      if (!added.added) throw new Conflict(`Cannot add a user as this ${added.taken} is taken`)
      note('add_user', actor, added.user.id)
      return userSummary(added.user)
    },
    async setUserActive(id, active, actor) {
      const user = await users.setActive(id, active, actor.name, now(), actor.address)
      if (user === undefined) return undefined
      const { sockets } = await gate.users.changed(id)
      note(active ? 'enable_user' : 'disable_user', actor, id)
      return { user: userSummary(user), ...reach(sockets) }
    },
    async setMemberActive(id, workspace, active, actor) {
      const changed = await users.setMemberActive(id, workspace, active, actor.name, now(), actor.address)
      if (changed === undefined) return undefined
      const { user, event } = changed
      // The sockets of this process end in this turn, before anything is told that was stored later.
      const ending = event === undefined ? undefined : gate.endSessions({ kind: 'user', userId: id })
      if (event !== undefined) parts.publish(event)
      const [ended, { sockets }] = await Promise.all([ending, gate.users.changed(id)])
      note(active ? 'enable_member' : 'disable_member', actor, id)
      return { user: userSummary(user), ...(ended ?? reach(sockets)) }
    },
    async userChanged(id, actor) {
      const { sockets } = await gate.users.changed(id)
      note('user_changed', actor, id)
      return reach(sockets)
    },
    async setUserPassword(id, password, actor) {
      const user = await users.setPassword(id, await parts.hasher.hash(password), actor.name, now(), actor.address)
      if (user === undefined) return undefined
      const { sockets } = await gate.users.changed(id)
      note('set_password', actor, id)
      return { user: userSummary(user), ...reach(sockets) }
    },
    decision(id) {
      const found = gate.decisions.find(id)
      return found && decisionReport(found)
    },
    decisions(filter, before, limit) {
      let begun = before === undefined
      const found = gate.decisions.newest(limit, (outline) => {
        if (begun) return passes(filter, outline)
        begun = outline.id === before
        return false
      })
      return found.map(decisionReport)
    },
    followDecisions: (filter, reader) => parts.feed.follow(filter, reader),
    dryRun: parts.dryRun,
    explain: async (ask) => decisionReport(await gate.explain(handshakeOf(ask, parts.host(), now()))),
    async checkToken(token) {
      try {
        const inspection = await gate.verifier.inspect(token, now())
        const holder = inspection.verification.ok ? await gate.identify(token) : undefined
        return tokenReport(inspection, holder !== undefined && 'reason' in holder ? holder : undefined)
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        return unansweredReport(failureDenial(error))
      }
    },
  }
  return { ...changes, ...createAudit(parts.audit, changes, now) }
}
