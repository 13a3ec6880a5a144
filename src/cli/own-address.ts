import { isIP } from 'node:net'
import type { Cli } from './cli.js'

/**
 * Where the operator comes from, when this is a session of sshd: the first word of SSH_CONNECTION is the client's address.
 *
 * One from the same link has the zone of an interface behind it, which no ban asks for.
 */
export const ownAddressOf = (env: Cli['env']): string | undefined => {
  const [address = ''] = (env['SSH_CONNECTION'] ?? '').split(/[ %]/)
  return isIP(address) === 0 ? undefined : address
}
