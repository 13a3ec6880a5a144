import type { Beside, ConversationsAsk, CustomersAsk, Slice } from '../../conversation/lists.js'
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

const sortedCustomers = (rows: readonly Customer[], order: Order<CustomerOrderBy>): readonly Customer[] =>
  sorted(rows, order.descending, (row) => row[order.by], (row) => row.id)

/** The slice of a sorted list that is asked for, counted from the row it is beside. */
const sliced = <T>(rows: readonly T[], { descending, beside, offset, limit }: Cut, key: (row: T) => Key, id: (row: T) => Key): readonly T[] => {
  const { following, preceding } = beside
  const place = following ?? preceding
  if (place === undefined) return rows.slice(offset, offset + limit)
  const sign = (descending ? -1 : 1) * (following === undefined ? -1 : 1)
  const left = rows.filter((row) => (compare(key(row), place.key) || compare(id(row), typeof id(row) === 'number' ? Number(place.id) : place.id)) * sign > 0)
  if (following !== undefined) return left.slice(offset, offset + limit)
  const end = Math.max(0, left.length - offset)
  return left.slice(Math.max(0, end - limit), end)
}

interface Cut extends Slice {
  readonly descending: boolean
  readonly beside: Beside
}

export const conversationsSlice = (rows: readonly MemoryConversation[], { order, ...ask }: ConversationsAsk): readonly MemoryConversation[] =>
  sliced(sortedConversations(rows, order), { ...ask, descending: order.descending, beside: ask }, ({ record }) => record[order.by], ({ record }) => record.id)

export const customersSlice = (rows: readonly Customer[], { order, ...ask }: CustomersAsk): readonly Customer[] =>
  sliced(sortedCustomers(rows, order), { ...ask, descending: order.descending, beside: ask }, (row) => row[order.by], (row) => row.id)
