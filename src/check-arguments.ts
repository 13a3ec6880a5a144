import type { BanSubject } from './admission/ban.js'
import type { EndedSubject } from './admission/control.js'
import type { Revocation } from './admission/revocation.js'
import { isSeconds } from './admission/is-seconds.js'
import { shown } from './admission/shown.js'

const fault = (act: string, name: string, must: string, value: unknown): TypeError =>
  new TypeError(`Cannot ${act} as "${name}" must ${must}: current value is ${shown(value)}`)

/**
 * Checks that a user id, or another text of a change, is one.
 *
 * The number of a row is the id of nobody here: what is kept under it is never found, and the control log can't be read beyond it.
 *
 * @param act - What can't be done without it, such as `ban`.
 * @throws TypeError naming the argument and its value.
 */
export const checkText = (act: string, name: string, value: unknown): void => {
  if (typeof value !== 'string' || value === '') throw fault(act, name, 'be a text that is not empty', value)
}

/** @throws TypeError when it is no number, or NaN, which no moment ever reaches, or counts seconds, by which what is to come would be over since 1970. */
export const checkMoment = (act: string, name: string, value: unknown): void => {
  if (typeof value !== 'number' || Number.isNaN(value)) throw fault(act, name, 'be a number of epoch milliseconds', value)
  if (isSeconds(value)) throw fault(act, name, 'be a number of epoch milliseconds, not of seconds', value)
}

/** @throws TypeError when what is told about a change is no object. */
export const checkAbout = (act: string, about: unknown): void => {
  if (typeof about !== 'object' || about === null) throw fault(act, 'about', 'be an object with who acts, { actor }, and why', about)
}

/** @throws TypeError when it is no list of objects. */
export const checkList = (act: string, name: string, value: unknown): void => {
  if (!Array.isArray(value)) throw fault(act, name, 'be a list', value)
  const index = value.findIndex((item) => typeof item !== 'object' || item === null)
  if (index !== -1) throw fault(act, `${name}[${String(index)}]`, 'be an object', value[index])
}

/** @throws TypeError when why somebody is banned is no text; it may be empty. */
export const checkReason = (value: unknown): void => {
  if (typeof value !== 'string') throw fault('ban', 'reason', 'be a text', value)
}

/** @throws TypeError when it names neither a network nor a user. */
export const checkBanSubject = (act: string, subject: BanSubject): void => {
  const kind = kindOf(subject)
  if (kind === 'network') {
    const network: unknown = Reflect.get(subject, 'network')
    if (typeof network !== 'string') throw fault(act, 'network', 'be an address or a CIDR range', network)
  } else if (kind === 'user') checkText(act, 'userId', Reflect.get(subject, 'userId'))
  else throw fault(act, 'subject.kind', 'be network or user', kind)
}

/** @throws TypeError when it names neither a token nor a user, or says no moment. */
export const checkRevocation = (revocation: Revocation): void => {
  const kind = kindOf(revocation)
  if (kind === 'token') checkText('revoke', 'tokenId', Reflect.get(revocation, 'tokenId'))
  else if (kind === 'user') {
    checkText('revoke', 'userId', Reflect.get(revocation, 'userId'))
    checkMoment('revoke', 'before', Reflect.get(revocation, 'before'))
  } else throw fault('revoke', 'revocation.kind', 'be token or user', kind)
  checkMoment('revoke', 'until', revocation.until)
}

/** @throws TypeError when it names neither a session nor a user. */
export const checkEndedSubject = (subject: EndedSubject): void => {
  const kind = kindOf(subject)
  if (kind === 'session') checkText('end sessions', 'sessionId', Reflect.get(subject, 'sessionId'))
  else if (kind === 'user') checkText('end sessions', 'userId', Reflect.get(subject, 'userId'))
  else throw fault('end sessions', 'subject.kind', 'be session or user', kind)
}

const kindOf = (value: unknown): unknown => (typeof value === 'object' && value !== null ? Reflect.get(value, 'kind') : value)

/**
 * `request.headers` has one text in the place of a list, in which no credential would be found.
 *
 * @throws TypeError that never shows the header: it holds a token.
 */
export const checkTicketRequest = (request: unknown): void => {
  const headers: unknown = typeof request === 'object' && request !== null ? Reflect.get(request, 'headers') : undefined
  if (typeof headers !== 'object' || headers === null) throw fault('issue a ticket', 'request.headers', 'be the headersDistinct of a request', headers)
  const credential: unknown = Reflect.get(headers, 'authorization')
  if (credential !== undefined && !Array.isArray(credential)) throw new TypeError('Cannot issue a ticket as "request.headers" must be the headersDistinct of a request, not its headers: "authorization" is no list')
}
