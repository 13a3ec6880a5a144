import type { RequestListener, Server } from 'node:http'
import type { UpgradeListener } from '../gate.js'
import { createHardenedServer } from '../node/hardened-server.js'
import { refuse } from '../node/refuse.js'
import { deny } from '../protocol/denial.js'
import type { Probes } from './checkup/probes.js'
import { serverEndpoints } from './endpoints.js'
import { asListener } from './http/as-listener.js'
import { readDemoPage } from './http/demo-page.js'
import type { InboundOptions } from './http/inbound-routes.js'
import { createPublicApp, type PublicApi } from './http/public-app.js'
import type { Log } from './log/create-log.js'
import { logFailure } from './log/log-failure.js'

/** What the public port serves once the server has started. */
export interface PublicServices {
  readonly upgrade: UpgradeListener
  readonly inbound: InboundOptions
  readonly api: PublicApi
}

/** The public port. It is bound before anything else is opened, and refuses sockets until it has something to serve. */
export interface PublicPort {
  readonly server: Server
  serve(services: PublicServices): void
  /** Whether new sockets are welcome, as `/readyz` says. */
  ready: boolean
}

/** Makes the port, which listens nowhere yet. */
export const createPublicPort = async ({ fastLane, development, probes, log }: {
  readonly fastLane: boolean
  readonly development: boolean
  readonly probes: Probes
  readonly log: Log
}): Promise<PublicPort> => {
  let services: PublicServices | undefined
  const demoPage = development ? await readDemoPage(serverEndpoints) : undefined
  const appOf = (api: PublicApi | undefined) =>
    createPublicApp({
      mode: development ? 'development' : 'production',
      endpoints: serverEndpoints,
      ready: () => port.ready,
      inbound: () => services?.inbound,
      onFailure: (error) => {
        logFailure(log, 'public port', error)
      },
      ...(demoPage === undefined ? {} : { demoPage }),
      ...(api === undefined ? {} : { api }),
    })
  let app = appOf(undefined)
  const server = createHardenedServer({
    fastLane,
    onRequest: watchedBy(probes, asListener((request, env) => app.fetch(request, env))),
    onUpgrade(request, connection, head) {
      probes.arrived(request)
      if (services === undefined) refuse(connection, deny('overloaded', { detail: 'starting' }), 'starting')
      else services.upgrade(request, connection, head)
    },
    onMalformed({ reason, detail }, decisionId) {
      log.write(development ? 'debug' : 'info', { event: 'malformed', reason, decisionId, detail })
    },
  })
  const port: PublicPort = {
    server,
    serve(all) {
      services = all
      app = appOf(all.api)
    },
    ready: false,
  }
  return port
}

/** Probes that lost their upgrade on the way come in as plain requests. */
const watchedBy =
  (probes: Probes, answer: RequestListener): RequestListener =>
  (request, response) => {
    probes.arrived(request)
    answer(request, response)
  }
