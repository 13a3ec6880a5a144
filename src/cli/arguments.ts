import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { nearest } from '../server/config/nearest.js'
import * as fields from '../server/http/fields.js'
import { CliError } from './cli-error.js'
import { exitCodes } from './exit-code.js'

/**
 * Reads an argument by the shape that the server reads it by, so that nothing is sent that it would refuse.
 *
 * @param remedy - What is said of a value that does not fit; commander names the value before it.
 */
const readBy =
  (shape: z.ZodType<string>, remedy: string | ((text: string) => string)) =>
  (text: string): string => {
    // Commander repeats what does not fit, and a token must not be repeated.
    if (fields.looksLikeToken(text)) throw new CliError('A token never goes on the command line, where every process can read it, and stands for nothing here: only commands that ask for a token read one, by - for stdin, or from a file.', exitCodes.usage)
    if (shape.safeParse(text).success) return text
    throw new InvalidArgumentError(typeof remedy === 'string' ? remedy : remedy(text))
  }

export const readNetwork = readBy(fields.network, 'It must be an address such as 203.0.113.7, or a range such as 203.0.113.0/24.')
export const readAddress = readBy(fields.address, 'It must be an address such as 203.0.113.7.')
const userIdRule = 'It must have 1 to 256 characters, none of them a control character, and no white space at its ends: `sallyport user list` shows ids.'
export const readUserId = readBy(fields.userId, userIdRule)
export const readNewUserId = readBy(fields.newUserId, `${userIdRule} One of them must be one that people can see.`)
export const readEmail = readBy(fields.email, 'It must be an e-mail address such as sara@chat.example.')
export const readBanReason = readBy(fields.banReason, 'It must have at most 500 characters.')
export const readSessionId = readBy(fields.sessionId, 'It must be an id as `sallyport sessions list` shows it.')
export const readTokenId = readBy(fields.tokenId, 'It must be the id (jti) of a token, 1 to 256 characters.')
export const readPath = readBy(fields.handshakePath, 'It must be the path of a socket such as /ws/, with at most 8192 characters.')
export const readOrigin = readBy(fields.handshakeOrigin, 'It must be an Origin such as https://chat.example, with at most 512 characters.')
export const readEndpoint = readBy(fields.endpointName, 'It must be the name of an endpoint, with at most 64 characters.')
export const readAuditWord = readBy(fields.auditWord, 'It must have 1 to 300 characters, none of them a control character.')
export const readReason = readBy(fields.denialReason, (text) => {
  const meant = nearest(text, fields.denialReasons)
  return `It must be a reason of the table in PROTOCOL.md${meant === undefined ? ', such as token_expired.' : `; did you mean ${meant}?`}`
})

/** A whole number from 1. */
export const readNumber =
  (most = 999_999_999_999_999) =>
  (text: string): number => {
    const number = Number(text)
    if (/^[1-9]\d{0,14}$/.test(text) && number <= most) return number
    throw new InvalidArgumentError(most === 999_999_999_999_999 ? 'It must be a number from 1.' : `It must be a number from 1 to ${String(most)}.`)
  }

/** Hours as a number over 0, at most ten years. */
export const parseHours = (text: string): number => {
  const hours = Number(text)
  if (!/^\d+(?:\.\d+)?$/.test(text) || hours * 3600 < 1 || hours > 87_600) throw new InvalidArgumentError('It must be a number of hours, at most 87600.')
  return hours
}

/** A moment as ISO 8601 with its zone, `Z` or an offset, so that no machine reads it as its own time; in epoch milliseconds. */
export const parseMoment = (text: string): number => {
  const [day = ''] = text.split('T')
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN
  // `Date.parse` takes the 30th of February for the 2nd of March.
  if (!(at >= 0) || !new Date(`${day}T00:00Z`).toISOString().startsWith(day)) throw new InvalidArgumentError('It must be a time such as 2026-01-15T12:00:00Z.')
  return at
}

export const parsePort = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('It must be a port from 0 to 65535; 0 takes a free one.')
  return Number(text)
}

export const hoursToMs = (hours: number): number => Math.round(hours * 3_600_000)

/** Whom a ban is about, as the internal port wants to read it. */
export type SubjectFields = { readonly network: string } | { readonly userId: string }

/** @throws CliError (usage) unless exactly one of both is given. */
export const subjectFields = (network: string | undefined, userId: string | undefined): SubjectFields => {
  if (network !== undefined && userId === undefined) return { network }
  if (network === undefined && userId !== undefined) return { userId }
  throw new CliError('Name either an address (or a range such as 203.0.113.0/24), or --user <id>.', exitCodes.usage)
}
