import type { Env, Hono } from 'hono'
import { methodNotAllowed } from './api-problem.js'

/** Answers every method that a served path has no route for with 405 and what it does answer. Call it after all routes are there. */
export const refuseOtherMethods = <E extends Env>(app: Hono<E>): void => {
  const methodsByPath = new Map<string, Set<string>>()
  for (const { method, path } of app.routes) {
    if (method === 'ALL') continue
    const methods = methodsByPath.get(path) ?? new Set()
    methods.add(method)
    if (method === 'GET') methods.add('HEAD')
    methodsByPath.set(path, methods)
  }
  for (const [path, methods] of methodsByPath) {
    const allow = [...methods].join(', ')
    app.all(path, () => methodNotAllowed(allow))
  }
}
