import type { Hono } from 'hono'
import type { Operations } from '../operations.js'
import { actingOperator, keyStays } from './acting-operator.js'
import { notFound, refusal } from './api-problem.js'
import { addAuditRoutes } from './audit-routes.js'
import { dangerousBan } from './dangerous-ban.js'
import { chargeCall } from './operator-budget.js'
import { actorOf, readBody, readQuery } from './read-request.js'
import { streamDecisions, streamHead } from './stream-decisions.js'
import {
  banBody,
  banPreviewBody,
  bansImportBody,
  bansQuery,
  changedUserBody,
  decisionStreamQuery,
  decisionsQuery,
  explainBody,
  kickQuery,
  newUserBody,
  passwordBody,
  revocationBody,
  sessionParams,
  sessionsQuery,
  subjectOf,
  subjectQuery,
  tokenCheckBody,
  userChangeBody,
  userParams,
} from './shapes.js'

/**
 * Everything an operator does, below `/api/v1`. Lists are `{ items }`; changes answer how far they reached.
 *
 * The caller has put the guards before it: nothing here asks who is there.
 */
export const addOperatorRoutes = (app: Hono, operations: Operations): void => {
  app.get('/api/v1/info', (context) => context.json(operations.info()))
  addBanRoutes(app, operations)
  addSessionRoutes(app, operations)
  addUserRoutes(app, operations)
  addDecisionRoutes(app, operations)
  addAuditRoutes(app, operations)
}

const addBanRoutes = (app: Hono, operations: Operations): void => {
  app.get('/api/v1/bans', async (context) => {
    const { after, limit } = readQuery(context, bansQuery)
    const items = await operations.bans(after, limit)
    // The last part is shorter, so that a full one may be followed by an empty one.
    return context.json({ items, next: items.length < limit ? undefined : items.at(-1)?.id })
  })
  app.post('/api/v1/ban-imports', async (context) => {
    const { bans, force, ownAddress } = await readBody(context, bansImportBody)
    chargeCall(context, Math.floor(bans.length / 250))
    const imported = bans.map(({ reason, expiresAt, ...fields }) => ({ subject: subjectOf(fields), reason, expiresAt: expiresAt ?? undefined }))
    return context.json(await operations.importBans(imported, force, ownAddress, actorOf(context)), 201)
  })
  app.post('/api/v1/bans', async (context) => {
    const { reason, durationMs, force, ownAddress, ...fields } = await readBody(context, banBody)
    const subject = subjectOf(fields)
    const { dangers } = operations.previewBan(subject, ownAddress)
    if (dangers.length > 0 && !force) throw dangerousBan(dangers)
    return context.json(await operations.ban(subject, reason, durationMs ?? undefined, actorOf(context)), 201)
  })
  app.post('/api/v1/ban-previews', async (context) => {
    const { ownAddress, ...fields } = await readBody(context, banPreviewBody)
    return context.json(operations.previewBan(subjectOf(fields), ownAddress))
  })
  app.delete('/api/v1/bans', async (context) => {
    const items = await operations.lift(subjectOf(readQuery(context, subjectQuery)), actorOf(context))
    return context.json({ items })
  })
  app.post('/api/v1/revocations', async (context) => {
    const body = await readBody(context, revocationBody)
    const reach =
      'tokenId' in body
        ? await operations.revokeToken(body.tokenId, body.untilAt, actorOf(context))
        : await operations.revokeUser(body.userId, body.beforeAt, actorOf(context))
    return context.json(reach, 201)
  })
}

const addSessionRoutes = (app: Hono, operations: Operations): void => {
  app.get('/api/v1/sessions', (context) => {
    const { userId } = readQuery(context, sessionsQuery)
    const sessions = operations.sessions()
    chargeCall(context, Math.floor(sessions.length / 1_000))
    return context.json({ items: sessions.filter((session) => userId === undefined || session.userId === userId) })
  })
  app.delete('/api/v1/sessions', async (context) => context.json(await operations.kick(readQuery(context, kickQuery), actorOf(context))))
  app.delete('/api/v1/sessions/:id', async (context) => {
    // It is logged as it was written, so it must look like the id of a session.
    const params = sessionParams.safeParse(context.req.param())
    return params.success ? context.json(await operations.kick({ sessionId: params.data.id }, actorOf(context))) : notFound()
  })
}

const addUserRoutes = (app: Hono, operations: Operations): void => {
  app.get('/api/v1/users', async (context) => context.json({ items: await operations.users() }))
  app.post('/api/v1/users', async (context) => {
    const { id, ...rest } = await readBody(context, newUserBody)
    return context.json(await operations.addUser(id === undefined ? rest : { id, ...rest }, actorOf(context)), 201)
  })
  app.patch('/api/v1/users/:id', async (context) => {
    const { active, workspace } = await readBody(context, userChangeBody)
    const params = userParams.safeParse(context.req.param())
    if (!params.success) return notFound()
    const { id } = params.data
    const changed = workspace === undefined ? await operations.setUserActive(id, active, actorOf(context)) : await operations.setMemberActive(id, workspace, active, actorOf(context))
    return changed === undefined ? notFound() : context.json(changed)
  })
  app.post('/api/v1/user-changes', async (context) => {
    const { userId } = await readBody(context, changedUserBody)
    return context.json(await operations.userChanged(userId, actorOf(context)))
  })
  app.put('/api/v1/users/:id/password', async (context) => {
    const { password } = await readBody(context, passwordBody)
    const params = userParams.safeParse(context.req.param())
    const changed = params.success ? await operations.setUserPassword(params.data.id, password, actorOf(context)) : undefined
    return changed === undefined ? notFound() : context.json(changed)
  })
}

const addDecisionRoutes = (app: Hono, operations: Operations): void => {
  app.get('/api/v1/dry-run', (context) => context.json(operations.dryRun()))
  app.get('/api/v1/decisions', (context) => {
    const { before, limit, ...filter } = readQuery(context, decisionsQuery)
    const items = operations.decisions(filter, before, limit)
    return context.json({ items, next: items.length < limit ? undefined : items.at(-1)?.id })
  })
  app.get('/api/v1/decision-stream', (context) => {
    const filter = readQuery(context, decisionStreamQuery)
    // Who asks for the head alone reads nothing, and would hold his place for ever.
    if (context.req.method === 'HEAD') return streamHead()
    const reader = operations.followDecisions(filter, actingOperator(context)?.name ?? '')
    if (reader === undefined) throw refusal({ status: 429, code: 'too_many_readers', title: 'As many read the stream as may, of this key or of all: end one first.' })
    return streamDecisions(reader, () => keyStays(context))
  })
  app.get('/api/v1/decisions/:id', (context) => {
    const report = operations.decision(context.req.param('id'))
    return report === undefined ? notFound() : context.json(report)
  })
  app.post('/api/v1/explanations', async (context) => {
    const { path, address, origin, token } = await readBody(context, explainBody)
    return context.json(await operations.explain({ path, address, origin, token }))
  })
  app.post('/api/v1/token-checks', async (context) => {
    const { token } = await readBody(context, tokenCheckBody)
    return context.json(await operations.checkToken(token))
  })
}
