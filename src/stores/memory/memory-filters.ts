import type { Place } from '../../conversation/lists.js'
import type { ConversationFilter, ConversationOrderBy, CustomerFilter, CustomerOrderBy, Order } from '../../conversation/filter.js'
import type { Conversation, Customer } from '../../conversation/records.js'
import { searchText } from '../../conversation/search-text.js'
import type { MemoryConversation } from './memory-workspace.js'

const contains = (wanted: string, ...texts: readonly (string | undefined)[]): boolean =>
  texts.some((text) => text !== undefined && searchText(text).includes(wanted))

const within = (at: number, from: number | undefined, before: number | undefined): boolean =>
  (from === undefined || at >= from) && (before === undefined || at < before)

const wears = (customer: Customer, names: readonly string[] | undefined): boolean =>
  names === undefined || customer.tags.some((tag) => names.includes(tag.name))

export const matchesConversation = (filter: ConversationFilter, { record, messages }: MemoryConversation, customer: Customer): boolean => {
  if (filter.status !== undefined && record.status !== filter.status) return false
  if (filter.source !== undefined && record.source !== filter.source) return false
  if (filter.priority !== undefined && record.priority !== filter.priority) return false
  if (filter.assignee !== undefined && record.assignee !== filter.assignee) return false
  if (filter.unanswered === true && record.unansweredCount === 0) return false
  if (!within(record.createdAt, filter.createdFrom, filter.createdBefore)) return false
  if (!wears(customer, filter.tags)) return false
  if (filter.search === undefined) return true
  const wanted = searchText(filter.search)
  if (contains(wanted, record.title, customer.firstName, customer.lastName, customer.username, customer.email)) return true
  return messages.some((message) => contains(wanted, message.content))
}

export const matchesCustomer = (filter: CustomerFilter, customer: Customer, conversations: readonly Conversation[]): boolean => {
  if (filter.source !== undefined && customer.source !== filter.source) return false
  if (filter.hasEmail !== undefined && filled(customer.email) !== filter.hasEmail) return false
  if (filter.hasPhone !== undefined && filled(customer.phoneNumber) !== filter.hasPhone) return false
  const unanswered = conversations.some((conversation) => conversation.unansweredCount > 0)
  if (filter.unanswered !== undefined && unanswered !== filter.unanswered) return false
  const { conversationStatus, tagIds } = filter
  if (conversationStatus !== undefined && !conversations.some(({ status }) => status === conversationStatus)) return false
  if (!within(customer.createdAt, filter.createdFrom, filter.createdBefore)) return false
  const active = conversations.length === 0 ? customer.updatedAt : Math.max(...conversations.map(({ updatedAt }) => updatedAt))
  if (!within(active, filter.activeFrom, filter.activeBefore)) return false
  if (!wears(customer, filter.tags)) return false
  if (tagIds !== undefined && !customer.tags.some((tag) => tagIds.includes(tag.id))) return false
  if (filter.search === undefined) return true
  const { firstName, lastName, username, email, phoneNumber } = customer
  return contains(searchText(filter.search), firstName, lastName, username, email, phoneNumber)
}

const filled = (text: string | undefined): boolean => text !== undefined && text !== ''

type Key = string | number | undefined

// As UTF-8 compares, and a missing value after all others, as the databases sort.
const compare = (left: Key, right: Key): number => {
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined)
  if (typeof left === 'number' && typeof right === 'number') return left - right
  return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)))
}

const sorted = <T>(rows: readonly T[], descending: boolean, key: (row: T) => Key, id: (row: T) => Key): readonly T[] =>
  rows.toSorted((a, b) => (compare(key(a), key(b)) || compare(id(a), id(b))) * (descending ? -1 : 1))

export const sortedConversations = (rows: readonly MemoryConversation[], order: Order<ConversationOrderBy>): readonly MemoryConversation[] =>
  sorted(rows, order.descending, ({ record }) => record[order.by], ({ record }) => record.id)

export const sortedCustomers = (rows: readonly Customer[], order: Order<CustomerOrderBy>): readonly Customer[] =>
  sorted(rows, order.descending, (row) => row[order.by], (row) => row.id)

const after = <T>(rows: readonly T[], descending: boolean, place: Place | undefined, at: (row: T) => Key, id: (row: T) => Key): readonly T[] => {
  if (place === undefined) return rows
  const sign = descending ? -1 : 1
  return rows.filter((row) => (compare(at(row), place.at) || compare(id(row), typeof id(row) === 'number' ? Number(place.id) : place.id)) * sign > 0)
}

export const conversationsAfter = (
  rows: readonly MemoryConversation[],
  order: Order<ConversationOrderBy>,
  place: Place | undefined,
): readonly MemoryConversation[] => after(rows, order.descending, place, ({ record }) => record[order.by], ({ record }) => record.id)

export const customersAfter = (rows: readonly Customer[], order: Order<CustomerOrderBy>, place: Place | undefined): readonly Customer[] =>
  after(rows, order.descending, place, (row) => row[order.by], (row) => row.id)
