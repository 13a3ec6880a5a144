import { isIPv6 } from 'node:net'
import { deny, type Denial } from '../../protocol/denial.js'
import { withoutBlanks } from '../blanks.js'
import type { Handshake, Headers } from '../handshake.js'

/** Longest request target, in characters: the longest token, percent-encoded in part, with room for other parameters. */
const maxTargetLength = 12 * 1024

/** Origin-form of RFC 9112 section 3.2.1: a path and perhaps a query, in visible ASCII, never an authority (`//host`) or a fragment. */
const originForm = /^\/(?!\/)[\x21\x22\x24-\x7e]*$/

/** `uri-host [ ":" port ]` of RFC 9110 section 7.2, as far as it can name this server; what is in brackets is judged apart. */
export const hostForm = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::(?:[0-5]?\d{1,4}|6(?:[0-4]\d{3}|5(?:[0-4]\d{2}|5(?:[0-2]\d|3[0-5])))))?$/

/** 16 bytes in base64 (RFC 6455 section 4.1): 22 characters, of which the last has four zero bits, and two of padding. */
const keyForm = /^[A-Za-z0-9+/]{21}[AQgw]==$/


/**
 * Checks that a request is one canonical WebSocket handshake (RFC 6455 section 4.2.1), before anything in it is believed.
 *
 * @param hosts - Served `host[:port]` values in lower case; `undefined` takes every well-formed Host.
 */
export const checkForm = (handshake: Handshake, hosts: ReadonlySet<string> | undefined): Denial | undefined => {
  const { headers } = handshake
  if (handshake.method !== 'GET') return deny('bad_request', { status: 405, detail: 'method is not GET' })
  if (handshake.httpVersion !== '1.1') return deny('bad_request', { detail: 'HTTP version is not 1.1' })
  if (handshake.target.length > maxTargetLength) return deny('bad_request', { status: 414, detail: 'target is too long' })
  if (!originForm.test(handshake.target)) return deny('bad_request', { detail: 'target is not in origin-form' })

  const hostFault = checkHost(headers, hosts)
  if (hostFault !== undefined) return hostFault

  if (!holdsToken(headers['upgrade'], 'websocket')) return deny('bad_request', { status: 426, detail: 'Upgrade does not name websocket' })
  if (!holdsToken(headers['connection'], 'upgrade')) return deny('bad_request', { status: 426, detail: 'Connection does not name Upgrade' })

  const version = headers['sec-websocket-version']
  if (version?.length !== 1 || version[0] !== '13') return deny('bad_request', { status: 426, detail: 'version is not 13' })

  const key = headers['sec-websocket-key']
  if (key?.length !== 1 || key[0] === undefined || !keyForm.test(key[0])) return deny('bad_request', { detail: 'key is not 16 bytes, once' })

  // RFC 9112 section 6: a body would be read as frames by us and as a request by somebody else.
  const length = headers['content-length']
  if (headers['transfer-encoding'] !== undefined || (length !== undefined && (length.length !== 1 || length[0] !== '0')))
    return deny('bad_request', { detail: 'a handshake has no body' })
  if (headers['expect'] !== undefined) return deny('bad_request', { detail: 'a handshake expects nothing' })

  if ((headers['origin']?.length ?? 0) > 1) return deny('bad_request', { detail: 'more than one Origin' })
  if ((headers['authorization']?.length ?? 0) > 1) return deny('bad_request', { detail: 'more than one Authorization' })
  return undefined
}

/** Checks that there is exactly one Host, that it is well-formed, and that it is served. */
export const checkHost = (headers: Headers, hosts: ReadonlySet<string> | undefined): Denial | undefined => {
  const host = headers['host']
  if (host?.length !== 1 || host[0] === undefined) return deny('bad_request', { detail: 'not exactly one Host' })
  if (!hostForm.test(host[0]) || (host[0].startsWith('[') && !isIPv6(host[0].slice(1, host[0].indexOf(']'))))) return deny('bad_request', { detail: 'Host is malformed' })
  if (hosts !== undefined && !hosts.has(host[0].toLowerCase())) return deny('bad_request', { status: 421, detail: 'Host is not served here' })
  return undefined
}

const holdsToken = (values: readonly string[] | undefined, token: string): boolean => {
  if (values === undefined) return false
  for (const value of values) {
    if (value.length === token.length && value.toLowerCase() === token) return true
    if (value.includes(',') && value.split(',').some((part) => withoutBlanks(part).toLowerCase() === token)) return true
  }
  return false
}
