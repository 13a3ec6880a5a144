import type { Hono } from 'hono'
import type { Audit } from '../audit.js'
import { notFound, refusal } from './api-problem.js'
import { dangerousBan } from './dangerous-ban.js'
import { actorOf, readBody, readQuery } from './read-request.js'
import { auditParams, auditQuery, undoBody } from './shapes.js'

/** `GET /api/v1/audit`, and the undo of one line of it. */
export const addAuditRoutes = (app: Hono, audit: Audit): void => {
  app.get('/api/v1/audit', async (context) => {
    const { before, limit, ...filter } = readQuery(context, auditQuery)
    const items = await audit.audit(filter, before, limit)
    return context.json({ items, next: items.length < limit ? undefined : items.at(-1)?.id })
  })
  app.post('/api/v1/audit/:id/undo', async (context) => {
    const { force, ownAddress } = await readBody(context, undoBody)
    const params = auditParams.safeParse(context.req.param())
    const answer = params.success ? await audit.undo(params.data.id, force, ownAddress, actorOf(context)) : undefined
    if (answer === undefined) return notFound()
    if (answer.kind === 'dangerous') throw dangerousBan(answer.dangers)
    if (answer.kind === 'refused') throw refusal({ status: 409, code: 'undo_impossible', title: answer.why })
    const { action, subject, sockets, nodes } = answer
    return context.json({ action, subject, sockets, nodes })
  })
}
