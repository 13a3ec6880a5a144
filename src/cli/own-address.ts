import { isIP } from 'node:net'
import type { Cli } from './cli.js'

/** Where the operator comes from, when this is a session of sshd: the first word of SSH_CONNECTION is the client's address. */
export const ownAddressOf = (env: Cli['env']): string | undefined => {
  const [address = ''] = (env['SSH_CONNECTION'] ?? '').split(' ')
  // One with a zone names an interface of this machine, and no ban can be about it.
  return isIP(address) === 0 || address.includes('%') ? undefined : address
}
