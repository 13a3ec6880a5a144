import { InvalidArgumentError } from 'commander'
import { CliError } from './cli-error.js'
import { exitCodes } from './exit-code.js'

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

/** Whether a range is so wide that it is asked about once more: more than a /16 of IPv4, or a /32 of IPv6. */
export const isWide = (network: string): boolean => {
  const [address = '', mask] = network.split('/')
  return mask !== undefined && Number(mask) < (address.includes(':') ? 32 : 16)
}
