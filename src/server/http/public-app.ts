import { Hono, type MiddlewareHandler } from 'hono'
import type { EndpointRule } from '../../admission/endpoint.js'
import { createEndpointTable } from '../../admission/steps/endpoints.js'
import { answerFailure, methodNotAllowed, notFound, problemResponse } from './api-problem.js'
import type { DemoPage } from './demo-page.js'
import { addInboundRoutes, type InboundOptions } from './inbound-routes.js'
import { onlyLoopbackHosts } from './loopback-host.js'
import { onlyOurPages, type RefusedPage } from './our-pages.js'
import type { PublicHono } from './public-hono.js'
import { refuseOtherMethods } from './refuse-other-methods.js'
import { onlyServedHosts } from './served-hosts.js'
import { pagePolicy, securityHeaders } from './security-headers.js'

export interface PublicAppOptions {
  /** In `development` only loopback Hosts are answered. */
  readonly mode: 'development' | 'production'
  /** From `readDemoPage`; never served in production, whatever is given. */
  readonly demoPage?: DemoPage
  readonly endpoints: readonly EndpointRule[]
  /** What is answered below `/api`; nothing when left out. */
  readonly api?: PublicApi
  /** Whether new sockets are welcome; default always. */
  readonly ready?: () => boolean
  /** Signed messages of customers; asked at each request, `undefined` while the server starts. Default: no such path. */
  readonly inbound?: () => InboundOptions | undefined
  /** Told of every error that is answered 500 or 503, for the log. */
  readonly onFailure?: (error: unknown) => void
}

/** Calls of clients and pages, below `/api`. */
export interface PublicApi {
  /** Host values that are answered in production; health, for probes of the nearest proxy, and signed messages aside. Default every one. */
  readonly hosts?: readonly string[] | undefined
  /** Pages that may call; default none. */
  readonly origins: readonly string[]
  readonly addRoutes: readonly ((app: PublicHono) => void)[]
  /** Told of every page of another Origin, for the log. */
  readonly refused: (page: RefusedPage) => void
}

/** Plain HTTP on the public port: the calls below `/api`, two health answers, a word to who forgot the upgrade, the demo in development, and 404. */
export const createPublicApp = ({ mode, demoPage, endpoints, api, ready, inbound, onFailure }: PublicAppOptions): PublicHono => {
  const app: PublicHono = new Hono()
  app.use(securityHeaders)
  if (mode === 'development') app.use(onlyLoopbackHosts)
  app.get('/livez', (context) => context.json({ status: 'ok' }))
  app.get('/readyz', (context) => ((ready?.() ?? true) ? context.json({ status: 'ok' }) : context.json({ status: 'unavailable' }, 503)))
  if (inbound !== undefined) addInboundRoutes(app, inbound)
  if (mode === 'production' && api?.hosts !== undefined) app.use(onlyServedHosts(api.hosts))
  if (api !== undefined) addApi(app, api)
  app.use(onlyReads)
  if (mode === 'development' && demoPage !== undefined) addDemo(app, demoPage)

  const served = createEndpointTable(endpoints.filter(({ path }) => path !== '*'))
  app.get('*', ({ req }) => (served.match(req.path) === undefined && !belowSockets.test(req.path) ? notFound() : upgradeRequired()))
  app.notFound(notFound)
  app.onError((error, context) => answerFailure(error, context, onFailure))
  return app
}

const addApi = (app: PublicHono, { origins, addRoutes, refused }: PublicApi): void => {
  app.use('/api/*', onlyOurPages(new Set(origins), refused))
  for (const add of addRoutes) add(app)
  refuseOtherMethods(app)
  app.all('/api/*', notFound)
}

const belowSockets = /^\/ws(?:\/|$)/

const onlyReads: MiddlewareHandler = async ({ req }, next) => (req.method === 'GET' || req.method === 'HEAD' ? next() : methodNotAllowed('GET, HEAD'))

const upgradeRequired = (): Response =>
  problemResponse({
    status: 426,
    code: 'upgrade_required',
    title: 'This path speaks WebSocket only.',
    // Whoever forgot the upgrade has to connect anew, as after every other refusal on such a path.
    headers: { Connection: 'Upgrade, close', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
  })

const addDemo = (app: PublicHono, { html, script, style }: DemoPage): void => {
  const send = (text: string, type: string) => () =>
    new Response(text, { headers: { 'Content-Type': `${type}; charset=utf-8`, 'Content-Security-Policy': pagePolicy } })
  app.get('/demo', send(html, 'text/html'))
  app.get('/demo.js', send(script, 'text/javascript'))
  app.get('/demo.css', send(style, 'text/css'))
}
