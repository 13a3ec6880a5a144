import type { ConversationsFilter, CustomersFilter, Topic } from '../../protocol/command.js'
import type { ConversationsReply, CustomersReply, MessagesReply } from '../../protocol/reply.js'
import { limits } from '../../protocol/size.js'
import { cutToBytes, worstBytes } from '../page-bounds.js'
import { storableText } from '../storable-text.js'
import type { Scope } from '../access.js'
import type { Conversations } from '../conversations.js'
import type { ConversationOrderBy, CustomerOrderBy, Order } from '../filter.js'
import { conversationPlace, customerPlace, type Place } from '../lists.js'
import { cursorOf } from './cursor.js'
import { conversationItem, customerItem, customerRowItem, inboxItem, messageItem } from './items.js'

/** Rows of a page when the client doesn't say. */
const defaultPageSize = 50

type PageOf<Reply> = Omit<Reply, 're' | 'type'>

/** The orders of lists when the client doesn't say. */
export const inboxOrder: Order<ConversationOrderBy> = { by: 'updatedAt', descending: true }
export const peopleOrder: Order<CustomerOrderBy> = { by: 'createdAt', descending: true }

interface PageAsk<Filter, By extends string> {
  readonly filter?: Filter | undefined
  readonly order?: Order<By> | undefined
  readonly limit?: number | undefined
  readonly place?: Place | undefined
}

// Stored text holds no U+0000 and no lone surrogate, so what is looked for doesn't either.
const cleaned = (filter: object | undefined): object =>
  Object.fromEntries(
    Object.entries(filter ?? {}).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' ? storableText(value) : Array.isArray(value) ? value.map((item) => storableText(String(item))) : value,
    ]),
  )

export const conversationsPage = async (
  conversations: Conversations,
  scope: Scope | undefined,
  { filter, order = inboxOrder, limit = defaultPageSize, place }: PageAsk<ConversationsFilter, ConversationOrderBy>,
): Promise<PageOf<ConversationsReply>> => {
  if (scope === undefined) return { items: [], total: 0, next: null }
  const { rows, total } = await conversations.conversations({
    workspace: scope.workspace.id,
    asker: scope.userId,
    reader: scope.userId,
    filter: cleaned(filter),
    order,
    following: place,
    offset: 0,
    limit,
  })
  const last = rows.at(-1)
  const next = last === undefined || rows.length < limit ? null : cursorOf(order, conversationPlace(order, last.conversation))
  return { items: rows.map(inboxItem), total, next }
}

export const customersPage = async (
  conversations: Conversations,
  scope: Scope | undefined,
  { filter, order = peopleOrder, limit = defaultPageSize, place }: PageAsk<CustomersFilter, CustomerOrderBy>,
): Promise<PageOf<CustomersReply>> => {
  if (scope === undefined) return { items: [], total: 0, next: null }
  const { rows, total } = await conversations.customers({
    workspace: scope.workspace.id,
    asker: scope.userId,
    filter: cleaned(filter),
    order,
    following: place,
    offset: 0,
    limit,
  })
  const last = rows.at(-1)
  const next = last === undefined || rows.length < limit ? null : cursorOf(order, customerPlace(order, last.customer))
  return { items: rows.map(customerRowItem), total, next }
}

/** @returns `undefined` when there is no such conversation. */
export const messagesPage = async (
  conversations: Conversations,
  scope: Scope,
  conversation: string,
  { limit = defaultPageSize, before, after }: { readonly limit?: number | undefined; readonly before?: number | undefined; readonly after?: number | undefined },
): Promise<PageOf<MessagesReply> | undefined> => {
  const page = await conversations.messages({ workspace: scope.workspace.id, conversation, offset: 0, limit, before, after })
  if (page.conversation === undefined || page.customer === undefined) return undefined
  // The end that was asked for stays; the first `seq` says where to go on.
  const rows = cutToBytes(page.rows, limits.pageBytes, after === undefined, ({ content }) => worstBytes(content))
  return {
    conversation: { ...conversationItem(page.conversation), customer: customerItem(page.customer) },
    items: rows.map(messageItem),
    hasOlder: (rows[0]?.seq ?? 1) > 1,
  }
}

/** The first page of a topic. */
export const firstPage = async (conversations: Conversations, scope: Scope, topic: Topic): Promise<object | undefined> => {
  switch (topic) {
    case 'conversations':
      return conversationsPage(conversations, scope, {})
    case 'customers':
      return customersPage(conversations, scope, {})
    default:
      return messagesPage(conversations, scope, conversationOf(topic), {})
  }
}

export const conversationOf = (topic: `conversation:${string}`): string => topic.slice('conversation:'.length)
