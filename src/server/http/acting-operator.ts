import type { Context, MiddlewareHandler } from 'hono'
import { operatorRoles, type NamedOperator, type OperatorRole } from '../operator-keys.js'
import { problemResponse } from './api-problem.js'

/** Who is asking, by request; nothing is kept of the owner of `operator.key`, who may do everything. */
const acting = new WeakMap<Request, NamedOperator>()

export const setActing = (context: Context, operator: NamedOperator): void => {
  acting.set(context.req.raw, operator)
}

/** `undefined` for the owner of `operator.key`. */
export const actingOperator = (context: Context): NamedOperator | undefined => acting.get(context.req.raw)

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
