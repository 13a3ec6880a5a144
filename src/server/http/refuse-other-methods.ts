import type { Env, Hono } from 'hono'
import { methodNotAllowed } from './api-problem.js'

/**
 * Answers every method that a served path has no route for with 405 and what it does answer.
 *
 * @param served - Has the routes, all of them by now: `app` itself, or an app whose routes come behind guards that would find fault with the body or the role of a call that nobody answers.
 */
export const refuseOtherMethods = <E extends Env>(app: Hono<E>, served: Hono<E> = app): void => {
  const methodsByPath = new Map<string, Set<string>>()
  for (const { method, path } of served.routes) {
    if (method === 'ALL') continue
    const methods = methodsByPath.get(path) ?? new Set()
    methods.add(method)
    if (method === 'GET') methods.add('HEAD')
    methodsByPath.set(path, methods)
  }
  for (const [path, methods] of methodsByPath) {
    const allow = [...methods].join(', ')
    app.all(path, async ({ req }, next) => (methods.has(req.method) ? next() : methodNotAllowed(allow)))
  }
}
