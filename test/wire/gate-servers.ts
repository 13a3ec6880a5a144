import { afterEach } from 'vitest'
import { startGateServer, type GateServer, type GateServerOptions } from './gate-server.js'

/**
 * Makes what starts servers for the tests of a file; each is closed after the test that started it.
 *
 * @param defaults - What every one of them has unless its test says otherwise.
 */
export const gateServers = (defaults: GateServerOptions = {}): ((options?: GateServerOptions) => Promise<GateServer>) => {
  const servers: GateServer[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close()
  })
  return async (options) => {
    const server = await startGateServer({ ...defaults, ...options })
    servers.push(server)
    return server
  }
}
