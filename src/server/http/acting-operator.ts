import type { Context, MiddlewareHandler } from 'hono'
import { operatorRoles, type NamedOperator, type OperatorRole } from '../operator-keys.js'
import { problemResponse } from './api-problem.js'

/** Who is asking, by request; nothing is kept of the owner of `operator.key`, who may do everything. */
const acting = new WeakMap<Request, { readonly operator: NamedOperator; readonly stays: () => Promise<boolean> }>()

/** @param stays - Whether the key opens still what it opened; asked again by what goes on for long. */
export const setActing = (context: Context, operator: NamedOperator, stays: () => Promise<boolean>): void => {
  acting.set(context.req.raw, { operator, stays })
}

/** `undefined` for the owner of `operator.key`. */
export const actingOperator = (context: Context): NamedOperator | undefined => acting.get(context.req.raw)?.operator

/** Whether the key of this request is good still: that of the owner always is. */
export const keyStays = async (context: Context): Promise<boolean> => (await acting.get(context.req.raw)?.stays()) ?? true

/** Questions that are asked with a body. */
const questions = new Set(['/api/v1/explanations', '/api/v1/token-checks', '/api/v1/ban-previews'])
const moderated = /^\/api\/v1\/(?:bans|ban-imports|revocations|sessions(?:\/[^/]+)?)$/

const neededRole = (method: string, path: string): OperatorRole => {
  if (method === 'GET' || method === 'HEAD' || questions.has(path)) return 'viewer'
  return moderated.test(path) ? 'moderator' : 'admin'
}

/** Refuses what the role of a named operator does not reach; what nobody thought of needs `admin`. */
export const onlyByRole: MiddlewareHandler = async (context, next) => {
  const operator = actingOperator(context)
  const needed = neededRole(context.req.method, context.req.path)
  if (operator === undefined || operatorRoles.indexOf(operator.role) >= operatorRoles.indexOf(needed)) return next()
  return problemResponse({ status: 403, code: 'role_too_low', title: `This needs the role ${needed}; this key has ${operator.role}.` })
}
