import { isIPv6 } from 'node:net'
import { withoutBlanks } from '../blanks.js'
import { canonicalAddress } from './canonical.js'

/** One hop as a proxy wrote it: a canonical address, or `undefined` when it names none. */
export type Hop = string | undefined

/**
 * Hops of `X-Forwarded-For`, nearest first.
 *
 * Several lines are one list in order (RFC 9110 section 5.3). Nothing left of the hop that the caller stops at is looked at, so what a client
 * wrote in front of what our proxy wrote can neither change nor spoil the answer.
 */
export function* forwardedForHops(lines: readonly string[]): Generator<Hop, void> {
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index] ?? ''
    let end = line.length
    while (end >= 0) {
      const comma = end === 0 ? -1 : line.lastIndexOf(',', end - 1)
      yield parseHop(withoutBlanks(line, comma + 1, end))
      end = comma
    }
  }
}

/**
 * Hops of `Forwarded` (RFC 7239), nearest first: the `for` of each element.
 *
 * Lines are read from the right with their quotes, for the same reason: an open quote that a client sent must not swallow what our proxy wrote.
 */
export function* forwardedHops(lines: readonly string[]): Generator<Hop, void> {
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index] ?? ''
    let end = line.length
    while (end >= 0) {
      const comma = lastUnquotedComma(line, end)
      yield forOfElement(withoutBlanks(line, comma + 1, end))
      end = comma
    }
  }
}

/** The one hop of `X-Real-IP`: exactly one value, one address. */
export const realIpHop = (lines: readonly string[]): Hop => {
  const [line] = lines
  return lines.length === 1 && line !== undefined ? parseHop(withoutBlanks(line)) : undefined
}

/** Reads `a.b.c.d`, `a.b.c.d:port`, `[v6]`, `[v6]:port` or bare IPv6. */
const parseHop = (text: string): Hop => {
  if (text.startsWith('[')) return parseBracketed(text)
  const colon = text.indexOf(':')
  if (colon === -1 || text.includes(':', colon + 1)) return canonicalAddress(text)
  return decimalPort.test(text.slice(colon + 1)) ? canonicalAddress(text.slice(0, colon)) : undefined
}

const parseBracketed = (text: string): Hop => {
  const close = text.indexOf(']')
  const address = text.slice(1, Math.max(close, 1))
  const rest = text.slice(close + 1)
  if (rest !== '' && !(rest.startsWith(':') && decimalPort.test(rest.slice(1)))) return undefined
  return isIPv6(address) ? canonicalAddress(address) : undefined
}

/** The node of RFC 7239 section 6: IPv6 only in brackets, and the port may be obfuscated. `unknown` and `_hidden` name no address. */
const parseNode = (text: string): Hop => {
  const port = obfuscatedPort.exec(text)
  const node = port === null ? text : text.slice(0, port.index)
  if (!node.startsWith('[') && node.indexOf(':') !== node.lastIndexOf(':')) return undefined
  return parseHop(node)
}

const forOfElement = (element: string): Hop => {
  if (element.length > longestElement) return undefined
  let hop: Hop
  let seen = false
  pair.lastIndex = 0
  while (pair.lastIndex < element.length) {
    const match = pair.exec(element)
    if (match === null) return undefined
    const [, name = '', token, quoted = ''] = match
    if (name.toLowerCase() !== 'for') continue
    // RFC 7239 section 4: a parameter occurs at most once in an element.
    if (seen) return undefined
    seen = true
    hop = parseNode(token ?? quoted.replace(quotedPair, '$1'))
  }
  return hop
}

/** Where the element that ends before `end` begins, less one: -1 at the start of the line. */
const lastUnquotedComma = (line: string, end: number): number => {
  let quoted = false
  for (let i = end - 1; i >= 0; i--) {
    const code = line.charCodeAt(i)
    if (code === quote && !(quoted && isEscaped(line, i))) quoted = !quoted
    else if (code === comma && !quoted) return i
  }
  return -1
}

/** Whether an odd number of backslashes stands before `index`. Each backslash is counted for at most one quote. */
const isEscaped = (line: string, index: number): boolean => {
  let slashes = 0
  while (line.charCodeAt(index - 1 - slashes) === backslash) slashes++
  return slashes % 2 === 1
}

const comma = 44
const quote = 34
const backslash = 92

/** Far more than `for`, `by`, `host`, `proto` and their extensions need. */
const longestElement = 1024

const decimalPort = /^[0-9]{1,5}$/
const obfuscatedPort = /:_[A-Za-z0-9._-]+$/
const quotedPair = /\\(.)/g

/** One `forwarded-pair` of RFC 7239 section 4 with the `;` behind it; read from left to right without going back. */
const pair = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)")[ \t]*(?:;[ \t]*|$)/y
