import type { ConversationFilter, ConversationOrderBy, CustomerFilter, CustomerOrderBy, Order } from '../conversation/filter.js'
import { isObject, own } from './parse-frame.js'
import {
  choiceFilter, fromFilter, isBad, isFalsy, namesFilter, searchFilter, switchFilter, triState, untilFilter, type BadFilter, type RawFilters,
} from './filter-value.js'
import { pythonInt } from './python-int.js'

/** A filter that was understood, with its sort. */
export interface Understood<Filter, By extends string> {
  readonly filter: Filter
  readonly order: Order<By>
}

/**
 * Takes the `filters` of a request as they may be remembered and echoed.
 *
 * Nothing nested deeper than a list, or an object without fields, is kept: no filter needs it, and echoing it would let a client choose how deep we recurse.
 */
export const rawFilters = (value: unknown): RawFilters | BadFilter => {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) return { bad: 'Field "filters" must be an object' }
  const entries = Object.entries(value)
  if (entries.length > 50) return { bad: 'Field "filters" has too many entries' }
  if (entries.some(([, item]) => !isFlat(item))) return { bad: 'Field "filters" is nested too deeply' }
  return Object.fromEntries(entries)
}

const isFlat = (value: unknown): boolean => (!isObject(value) || Object.keys(value).length === 0) && (!Array.isArray(value) || value.every((item) => typeof item !== 'object' || item === null))

export const conversationFilter = (filters: RawFilters): Understood<ConversationFilter, ConversationOrderBy> | BadFilter => {
  const search = searchFilter(filters)
  if (isBad(search)) return search
  const status = choiceFilter(filters, 'status')
  if (isBad(status)) return status
  const source = choiceFilter(filters, 'source')
  if (isBad(source)) return source
  const priority = priorityFilter(filters)
  if (isBad(priority)) return priority
  const tags = namesFilter(filters, 'tags')
  if (isBad(tags)) return tags
  const createdFrom = fromFilter(filters, 'date_from')
  if (isBad(createdFrom)) return createdFrom
  const createdBefore = untilFilter(filters, 'date_to')
  if (isBad(createdBefore)) return createdBefore
  const unanswered = switchFilter(filters, 'unread_only')
  return {
    filter: { search, status, source, priority, tags, createdFrom, createdBefore, unanswered },
    order: orderOf(filters, conversationOrderNames) ?? { by: 'updatedAt', descending: true },
  }
}

export const customerFilter = (filters: RawFilters): Understood<CustomerFilter, CustomerOrderBy> | BadFilter => {
  const search = searchFilter(filters)
  if (isBad(search)) return search
  const source = choiceFilter(filters, 'source')
  if (isBad(source)) return source
  const tags = namesFilter(filters, 'tags')
  if (isBad(tags)) return tags
  const tagIds = idsFilter(filters, 'tag_ids')
  if (isBad(tagIds)) return tagIds
  const conversationStatus = choiceFilter(filters, 'conversation_status')
  if (isBad(conversationStatus)) return conversationStatus
  const createdFrom = fromFilter(filters, 'date_from')
  if (isBad(createdFrom)) return createdFrom
  const createdBefore = untilFilter(filters, 'date_to')
  if (isBad(createdBefore)) return createdBefore
  const activeFrom = fromFilter(filters, 'last_activity_from')
  if (isBad(activeFrom)) return activeFrom
  const activeBefore = untilFilter(filters, 'last_activity_to')
  if (isBad(activeBefore)) return activeBefore
  const hasEmail = triState(filters, 'has_email')
  const hasPhone = triState(filters, 'has_phone')
  const unanswered = triState(filters, 'has_unread')
  return {
    filter: {
      search, source, tags, tagIds, hasEmail, hasPhone, conversationStatus, unanswered, createdFrom, createdBefore, activeFrom, activeBefore,
    },
    order: orderOf(filters, customerOrderNames) ?? { by: 'createdAt', descending: true },
  }
}

const priorityFilter = (filters: RawFilters): number | undefined | BadFilter => {
  const value = own(filters, 'priority')
  if (isFalsy(value) || value === 'all') return undefined
  return pythonInt(value) ?? { bad: 'Invalid filter "priority": must be a whole number' }
}

const idsFilter = (filters: RawFilters, name: string): readonly number[] | undefined | BadFilter => {
  const value = own(filters, name)
  if (isFalsy(value)) return undefined
  const ids = Array.isArray(value) && value.length <= 100 ? value.map(pythonInt) : [undefined]
  const whole = ids.filter((id) => id !== undefined)
  return whole.length === ids.length ? whole : { bad: `Invalid filter "${name}": must be a list of at most 100 ids` }
}

const conversationOrderNames: Readonly<Record<string, ConversationOrderBy>> = {
  created_at: 'createdAt', updated_at: 'updatedAt', title: 'title', status: 'status', priority: 'priority',
}

const customerOrderNames: Readonly<Record<string, CustomerOrderBy>> = {
  created_at: 'createdAt', updated_at: 'updatedAt', first_name: 'firstName',
}

/** An unknown sort is the default one, as it always was. */
const orderOf = <By extends string>(filters: RawFilters, names: Readonly<Record<string, By>>): Order<By> | undefined => {
  const value = own(filters, 'order_by')
  if (typeof value !== 'string') return undefined
  const descending = value.startsWith('-')
  const name = descending ? value.slice(1) : value
  const by = Object.hasOwn(names, name) ? names[name] : undefined
  return by === undefined ? undefined : { by, descending }
}
