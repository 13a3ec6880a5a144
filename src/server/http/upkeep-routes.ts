import type { User } from '../../admission/user.js'
import { conversationScope, listScope, type Scope } from '../../conversation/access.js'
import type { Conversations } from '../../conversation/conversations.js'
import type { WorkspaceEvent } from '../../conversation/log.js'
import { customerItem } from '../../conversation/modern/items.js'
import { notFound, problemResponse } from './api-problem.js'
import type { BearerOf } from './bearer.js'
import type { ClientOf, NodeContext } from './client-of.js'
import { limitBody } from './limit-body.js'
import { onlyJson } from './only-json.js'
import type { PublicHono } from './public-hono.js'
import { readBody } from './read-request.js'
import { customerChange, statusChange } from './upkeep-body.js'

/** What somebody changed or took away, for the log. */
export interface UpkeepNote {
  readonly action: 'conversation_deleted' | 'conversations_changed' | 'customer_changed' | 'customer_deleted'
  readonly userId: string
  readonly target: string
}

export interface UpkeepRoutes {
  readonly conversations: Conversations
  readonly bearerOf: BearerOf
  readonly clientOf: ClientOf
  /** Where what was committed is told. */
  readonly publish: (event: WorkspaceEvent) => void
  readonly noted: (note: UpkeepNote) => void
  /** Epoch milliseconds. */
  readonly now: () => number
}

const maxBodyBytes = 16_384

const customerId = /^[1-9]\d{0,14}$/

const onlyOwners = (): Response => problemResponse({ status: 403, code: 'forbidden', title: 'Only an owner or admin of the workspace may delete.' })

/**
 * `/api/v1/conversations` and `/api/v1/customers`: what is changed by hand and taken away, for members of the workspace. Deleting is for its owners and
 * admins.
 */
export const addUpkeepRoutes = (app: PublicHono, { conversations, bearerOf, clientOf, publish, noted, now }: UpkeepRoutes): void => {
  const small = limitBody(maxBodyBytes)

  const mayDelete = async ({ userId, workspace }: Scope): Promise<boolean> => {
    const memberships = await conversations.membershipsOf(userId)
    return memberships.some(({ member }) => member.workspace === workspace.id && member.role !== 'agent')
  }

  const asked = async (context: NodeContext, scopeOf: (user: User) => Promise<Scope | undefined>): Promise<Scope | undefined> => scopeOf(await bearerOf(context))
  const from = (context: NodeContext) => ({ auditedFrom: clientOf(context).address, at: now() })
  const ofLists = (user: User): Promise<Scope | undefined> => listScope(conversations, user.id)

  app.delete('/api/v1/conversations/:id', async (context) => {
    const id = context.req.param('id')
    const scope = await asked(context, async (user) => (/^\w{1,64}$/.test(id) ? conversationScope(conversations, user.id, id) : undefined))
    if (scope === undefined) return notFound()
    if (!(await mayDelete(scope))) return onlyOwners()
    const deleted = await conversations.deleteConversation({ workspace: scope.workspace.id, conversation: id, by: scope.userId, ...from(context) })
    if (deleted.outcome === 'not_found') return notFound()
    noted({ action: 'conversation_deleted', userId: scope.userId, target: id })
    publish(deleted.event)
    return context.body(null, 204)
  })

  app.patch('/api/v1/conversations', onlyJson, small, async (context) => {
    const scope = await asked(context, ofLists)
    const { ids, status } = await readBody(context, statusChange)
    if (scope === undefined) return notFound()
    const { userId, workspace } = scope
    const results = await Promise.all(ids.map(async (conversation) => {
      const changed = await conversations.update({ workspace: workspace.id, conversation, status, by: userId, ...from(context) })
      if (changed.outcome === 'changed') publish(changed.event)
      return { conversation, outcome: changed.outcome }
    }))
    const idsOf = (outcome: (typeof results)[number]['outcome']): readonly string[] => results.flatMap((one) => (one.outcome === outcome ? [one.conversation] : []))
    const changed = idsOf('changed')
    if (changed.length > 0) noted({ action: 'conversations_changed', userId, target: `${String(changed.length)} to ${status}` })
    return context.json({ changed, unchanged: idsOf('unchanged'), notFound: idsOf('not_found') })
  })

  app.patch('/api/v1/customers/:id', onlyJson, small, async (context) => {
    const id = context.req.param('id')
    const scope = await asked(context, ofLists)
    const change = await readBody(context, customerChange)
    if (scope === undefined || !customerId.test(id)) return notFound()
    const { userId, workspace } = scope
    const changed = await conversations.updateCustomer({ ...change, workspace: workspace.id, customer: Number(id), by: userId, ...from(context) })
    if (changed.outcome === 'not_found') return notFound()
    if (changed.outcome === 'unchanged') return context.json({ changed: false })
    noted({ action: 'customer_changed', userId, target: id })
    publish(changed.event)
    return context.json({ changed: true, customer: customerItem(changed.customer) })
  })

  app.delete('/api/v1/customers/:id', async (context) => {
    const id = context.req.param('id')
    const scope = await asked(context, ofLists)
    if (scope === undefined || !customerId.test(id)) return notFound()
    if (!(await mayDelete(scope))) return onlyOwners()
    const deleted = await conversations.deleteCustomer({ workspace: scope.workspace.id, customer: Number(id), by: scope.userId, ...from(context) })
    if (deleted.outcome === 'not_found') return notFound()
    noted({ action: 'customer_deleted', userId: scope.userId, target: id })
    publish(deleted.event)
    return context.body(null, 204)
  })
}
