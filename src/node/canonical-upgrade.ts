import { fieldName } from './field-name.js'

/** The parts of a request that are read off a canonical upgrade. */
export interface CanonicalUpgrade {
  /** Request target in origin-form, as sent. */
  readonly target: string
  /** Names and values in turn, as sent. */
  readonly rawHeaders: string[]
  /** Values by lower-case name; no name comes twice. */
  readonly headers: Record<string, string>
}

/**
 * Reads a chunk of bytes that is one whole WebSocket handshake in its plainest form, and nothing else.
 *
 * Shape: `GET`, origin-form without a fragment, HTTP/1.1; each field as `Name: value` of visible ASCII with single spaces around it at most; exactly
 * one each of Host, Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version; no field twice, none that announces a body or an expectation;
 * the chunk ends exactly at the blank line. The grammar is a small part of what RFC 9112 allows, so everything it takes, every parser reads alike.
 *
 * @param maxBytes - Longest chunk that is looked at.
 * @param maxFields - Most fields it may have.
 * @returns `undefined` for everything else, which is then for a full parser to judge. Costs one pass over the chunk.
 */
export const readCanonicalUpgrade = (chunk: Buffer, maxBytes: number, maxFields: number): CanonicalUpgrade | undefined => {
  if (chunk.length > maxBytes || chunk[0] !== letterG) return undefined
  const text = chunk.toString('latin1')
  if (!canonical.test(text)) return undefined

  // The grammar holds, so each piece lies where it must.
  let at = text.indexOf('\r\n') + 2
  const target = text.slice('GET '.length, at - ' HTTP/1.1\r\n'.length)
  const end = text.length - 2
  const rawHeaders: string[] = []
  const headers: Record<string, string> = {}
  while (at < end) {
    const colon = text.indexOf(':', at)
    const lineEnd = text.indexOf('\r\n', colon)
    const name = text.slice(at, colon)
    const value = text.slice(colon + 2, lineEnd)
    const { lower } = fieldName(name)
    // The one member that every object inherits under such a name is among the foreign.
    if (headers[lower] !== undefined || foreign.has(lower)) return undefined
    rawHeaders.push(name, value)
    headers[lower] = value
    at = lineEnd + 2
  }
  if (rawHeaders.length > 2 * maxFields) return undefined
  return asksForWebSocket(headers) ? { target, rawHeaders, headers } : undefined
}

const letterG = 0x47

/**
 * The whole chunk: a request line whose target is in origin-form (RFC 9112 section 3.2.1) without an authority (`//host`), fields, a blank line.
 *
 * Names are letters, digits and hyphens alone: no name of an object's own machinery can come up. Values neither begin nor end with a space.
 */
const canonical =
  /^GET \/(?!\/)[\x21\x22\x24-\x7e]* HTTP\/1\.1\r\n(?:[A-Za-z][A-Za-z0-9-]*: [\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?\r\n)+\r\n$/

/** Fields whose meaning is for a full parser. */
const foreign: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'expect', 'trailer', 'constructor'])

const connectionForm = /^(?:keep-alive, ?)?upgrade$/i
const upgradeForm = /^websocket$/i

const asksForWebSocket = (headers: Readonly<Record<string, string>>): boolean =>
  headers['host'] !== undefined &&
  connectionForm.test(headers['connection'] ?? '') &&
  upgradeForm.test(headers['upgrade'] ?? '') &&
  headers['sec-websocket-key'] !== undefined &&
  headers['sec-websocket-version'] !== undefined
