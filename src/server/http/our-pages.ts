import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import { decisionId } from '../../admission/decision-id.js'
import { shownOrigin, shownPath } from '../../admission/shown-path.js'
import { problemResponse } from './api-problem.js'

/** A page that was refused. */
export interface RefusedPage {
  /** Told to the page too. */
  readonly decisionId: string
  /** Both as sent, but for what may be a credential. */
  readonly path: string
  readonly origin: string | undefined
}

/**
 * Answers the pages of listed Origins, compared exactly (CORS protocol of the Fetch standard), and whoever is no page.
 *
 * Nothing here is sent by a browser on its own, so credentials are never allowed. A page that is not listed is refused, not only kept from reading.
 */
export const onlyOurPages = (origins: ReadonlySet<string>, told: (page: RefusedPage) => void): MiddlewareHandler<{ Bindings: HttpBindings }> => async (context, next) => {
  const { req } = context
  const origin = req.header('origin')
  const refused = (): Response => {
    const id = decisionId()
    told({ decisionId: id, path: shownPath(req.path), origin: origin && shownOrigin(origin) })
    return problemResponse({ status: 403, code: 'origin_refused', title: 'Pages of this Origin are not answered here.', decisionId: id })
  }
  if (origin === undefined) return req.header('sec-fetch-site') === 'cross-site' ? refused() : next()
  if (!origins.has(origin)) return refused()
  if (req.method === 'OPTIONS') {
    return new Response(undefined, {
      status: 204,
      headers: {
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Methods': 'POST, PATCH, DELETE',
        'Access-Control-Allow-Headers': 'authorization, content-type',
        'Access-Control-Max-Age': '600',
        Vary: 'Origin',
      },
    })
  }
  await next()
  context.res.headers.set('Access-Control-Allow-Origin', origin)
  context.res.headers.set('Access-Control-Expose-Headers', 'Retry-After')
  context.res.headers.append('Vary', 'Origin')
  return undefined
}
