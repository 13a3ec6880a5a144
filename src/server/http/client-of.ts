import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { ClientAddress } from '../../admission/address/client-address.js'
import { createProxies, type ProxiesConfig } from '../../admission/address/proxies.js'
import { resolveClient } from '../../admission/address/resolve-client.js'
import { checkForwarded } from '../../admission/steps/forwarded.js'
import { handshakeFromRequest } from '../../node/handshake-from-request.js'
import { refusal } from './api-problem.js'

/** A request as Node delivered it. */
export type NodeContext = Context<{ Bindings: HttpBindings }>

/** Finds out who asks. @throws HTTPException 400 as a handshake would be refused, 403 for who is banned, 421 for a Host that is not served. */
export type ClientOf = (context: NodeContext) => ClientAddress

/** Asks of a request what the first stairs ask of a handshake: Host, client address, ban. */
export const createClientOf = (options: {
  readonly hosts: readonly string[] | undefined
  readonly proxies: ProxiesConfig
  readonly refuseForwarded: boolean
  readonly isBanned: (address: string) => boolean
}): ClientOf => {
  const proxies = createProxies(options.proxies)
  const hosts = options.hosts && new Set(options.hosts.map((host) => host.toLowerCase()))
  return ({ env: { incoming } }) => {
    const handshake = handshakeFromRequest(incoming, 0)
    const [host = ''] = handshake.headers['host'] ?? []
    if (hosts !== undefined && !hosts.has(host.toLowerCase())) throw refusal({ status: 421, code: 'wrong_host', title: 'This Host is not served here.' })
    const client = checkForwarded(handshake.headers, options.refuseForwarded) ?? resolveClient(handshake, proxies)
    if ('reason' in client) throw refusal({ status: 400, code: 'bad_forwarding', title: 'No client address could be read from the request.' })
    // A trusted proxy's own address has no key: banning it would ban everybody behind it.
    if (client.key !== undefined && options.isBanned(client.address)) throw refusal({ status: 403, code: 'address_banned', title: 'The client address is banned.' })
    return client
  }
}
