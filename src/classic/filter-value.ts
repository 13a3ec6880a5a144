import { storableText } from '../conversation/storable-text.js'
import { own } from './parse-frame.js'

/** A filter that can't be understood; the client gets one error frame and no list. */
export interface BadFilter {
  readonly bad: string
}

/** Filters as a client sent them; a list remembers them and echoes them. */
export type RawFilters = Readonly<Record<string, unknown>>

/** As Python's truth: these switch a filter off. */
export const isFalsy = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || value === 0 || value === false || (typeof value === 'object' && Object.keys(value).length === 0)

const bad = (name: string, wanted: string): BadFilter => ({ bad: `Invalid filter "${name}": ${wanted}` })

export const isBad = (value: unknown): value is BadFilter => typeof value === 'object' && value !== null && Object.hasOwn(value, 'bad')

/** Longest text a filter may hold, in UTF-16 units. */
const maxText = 200

const textFilter = (filters: RawFilters, name: string): string | undefined | BadFilter => {
  const value = own(filters, name)
  if (isFalsy(value)) return undefined
  if (typeof value !== 'string') return bad(name, 'must be text')
  return value.length > maxText ? bad(name, `must be at most ${String(maxText)} characters`) : storableText(value)
}

/** Words that are looked for. A number is its digits: inputs of the type `number` send one, and the old service's database took it for text. */
export const searchFilter = (filters: RawFilters): string | undefined | BadFilter => {
  const value = own(filters, 'search')
  return typeof value === 'number' && value !== 0 ? String(value) : textFilter(filters, 'search')
}

/** Like `textFilter`, but the word `all` switches it off. */
export const choiceFilter = (filters: RawFilters, name: string): string | undefined | BadFilter => {
  const value = textFilter(filters, name)
  return value === 'all' ? undefined : value
}

const maxListed = 100

export const namesFilter = (filters: RawFilters, name: string): readonly string[] | undefined | BadFilter => {
  const value = own(filters, name)
  if (isFalsy(value)) return undefined
  if (!Array.isArray(value) || value.length > maxListed) return bad(name, `must be a list of at most ${String(maxListed)} names`)
  const names = value.filter((item): item is string => typeof item === 'string')
  return names.length === value.length ? names.map(storableText) : bad(name, 'must be a list of names')
}

/** The four spellings of each; anything else, such as `all`, is no filter. */
export const triState = (filters: RawFilters, name: string): boolean | undefined => {
  switch (own(filters, name)) {
    case true:
    case 'true':
    case 1:
    case '1':
      return true
    case false:
    case 'false':
    case 0:
    case '0':
      return false
    default:
      return undefined
  }
}

/** Any truthy value switches it on, but the words for no do not (the old service took the text `false` for true). */
export const switchFilter = (filters: RawFilters, name: string): true | undefined => {
  const value = own(filters, name)
  if (isFalsy(value)) return undefined
  return typeof value === 'string' && /^(?:false|0|no|off)$/iu.test(value.trim()) ? undefined : true
}

const dayMs = 86_400_000

/** The first moment a date filter means. */
export const fromFilter = (filters: RawFilters, name: string): number | undefined | BadFilter => {
  const moment = momentFilter(filters, name)
  return moment === undefined || isBad(moment) ? moment : moment.at
}

/** The first moment that a date filter leaves out: a bare date holds its whole day, a time is held itself. */
export const untilFilter = (filters: RawFilters, name: string): number | undefined | BadFilter => {
  const moment = momentFilter(filters, name)
  return moment === undefined || isBad(moment) ? moment : moment.at + (moment.wholeDay ? dayMs : 1)
}

const momentFilter = (filters: RawFilters, name: string): { readonly at: number; readonly wholeDay: boolean } | undefined | BadFilter => {
  const value = own(filters, name)
  if (isFalsy(value)) return undefined
  const moment = typeof value === 'string' ? parseMoment(value) : undefined
  return moment ?? bad(name, 'must be an ISO 8601 date or date-time')
}

const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/iu

/** Reads an ISO date or date-time; one without an offset is UTC. */
const parseMoment = (text: string): { readonly at: number; readonly wholeDay: boolean } | undefined => {
  const found = iso.exec(text.trim())
  if (found === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, offset] = found
  const fields = [year, month, day, hour ?? '0', minute ?? '0', second ?? '0'].map(Number)
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = fields
  const at = Date.UTC(y, mo - 1, d, h, mi, s)
  // Date.UTC rolls 30 February over into March; a date that doesn't come back as it was is none.
  const back = new Date(at)
  const same = back.getUTCFullYear() === y && back.getUTCMonth() === mo - 1 && back.getUTCDate() === d && h < 24 && mi < 60 && s < 60
  const offsetMs = offset === undefined ? 0 : offsetOf(offset)
  if (!same || offsetMs === undefined) return undefined
  return { at: at + Math.floor(Number((fraction ?? '').padEnd(6, '0')) / 1000) - offsetMs, wholeDay: hour === undefined }
}

const offsetOf = (offset: string): number | undefined => {
  if (/^z$/iu.test(offset)) return 0
  const hours = Number(offset.slice(1, 3))
  const minutes = Number(offset.slice(3).replace(':', '') || '0')
  if (hours > 23 || minutes > 59) return undefined
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
