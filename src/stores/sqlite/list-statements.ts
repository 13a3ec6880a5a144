import type { ConversationFilter, ConversationOrderBy, CustomerFilter, CustomerOrderBy, Order } from '../../conversation/filter.js'
import type { ConversationsAsk, CustomersAsk } from '../../conversation/lists.js'
import {
  afterConversation, afterCustomer, conversationConditions, conversationOrder, customerConditions, customerOrder, type Conditions,
} from './conversation-conditions.js'
import type { ListSearch } from './list-search.js'
import { conversationSearch, customerSearch } from './search-conditions.js'
import { searchStatements, type ListShape } from './search-statements.js'
import type { Query, SqlValue } from './sql-value.js'

/** Rows of a filtered list that are counted; a list that is longer says so many, or as many as it has shown and one more. */
export const countedRows = 10_000

/** The same for a search, where each row is compared with what is looked for. */
export const countedMatches = 200

/** A page as its ids in their order, and how long the whole list is. */
export interface ListStatements {
  /** A select of `id`, to be put into `with page (id) as materialized (…)`. */
  readonly page: string
  readonly params: Readonly<Record<string, SqlValue>>
  /** Answers one row with `total`. */
  readonly total: Query
}

const statements = (
  { from, sortIndex, id, order }: ListShape,
  { where, params }: Conditions,
  after: Conditions,
  { offset, limit }: { readonly offset: number; readonly limit: number },
  counted: Query | undefined,
): ListStatements => {
  const ids = (conditions: string): string =>
    `select ${id} as id from ${from} indexed by ${sortIndex} where ${conditions} order by ${order} limit :limit offset :offset`
  // One more than is shown: whether there is a next page is always told exactly.
  const bound = Math.max(countedRows, Math.min(Number.MAX_SAFE_INTEGER, offset + limit + 1))
  return {
    page: ids(`${where} ${after.where}`),
    params: { ...params, ...after.params, limit, offset },
    total: counted ?? { sql: `select count(*) as total from (${ids(where)})`, params: { ...params, limit: bound, offset: 0 } },
  }
}

const conversationIndex: Readonly<Record<ConversationOrderBy, string>> = {
  createdAt: 'conversations_by_created', updatedAt: 'conversations_by_updated', title: 'conversations_by_title',
  status: 'conversations_by_status', priority: 'conversations_by_priority',
}

const has = (...values: readonly unknown[]): boolean => values.some((value) => value !== undefined)

/** Filters that the counters know answer exactly and at once, however long the list is. */
const countedConversations = (workspace: number, filter: ConversationFilter): Query | undefined => {
  const { status, source, priority, unanswered, search, tags, createdFrom, createdBefore, assignee } = filter
  if (has(search, tags, createdFrom, createdBefore, assignee)) return undefined
  const given = { status, source, priority, waiting: unanswered === true ? 1 : undefined }
  const params = Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])))
  const conditions = ['workspace = :workspace', ...Object.keys(params).map((name) => `${name} = :${name}`)]
  return { sql: `select coalesce(sum(count), 0) as total from conversation_totals where ${conditions.join(' and ')}`, params: { ...params, workspace } }
}

const conversationShape = (order: Order<ConversationOrderBy>): ListShape => ({
  from: 'conversations c', sortIndex: conversationIndex[order.by], candidateIndex: 'indexed by conversations_by_number', candidate: 'c.number',
  row: 'c.rowid', id: 'c.id', order: conversationOrder(order),
})

export const conversationList = (workspace: number, { filter, order, following, offset, limit }: ConversationsAsk): ListStatements =>
  statements(
    conversationShape(order),
    conversationConditions(workspace, filter),
    afterConversation(order, following),
    { offset, limit },
    countedConversations(workspace, filter),
  )

/** The list as a search goes through it, `undefined` when nothing is looked for. */
export const conversationListSearch = (workspace: number, { filter, order, following, offset, limit }: ConversationsAsk): ListSearch | undefined => {
  const search = conversationSearch(filter.search)
  return search === undefined
    ? undefined
    : searchStatements(
        conversationShape(order), conversationConditions(workspace, filter),
        following === undefined ? undefined : afterConversation(order, following), search, { offset, limit, counted: countedMatches },
      )
}

const customerIndex: Readonly<Record<CustomerOrderBy, string>> = {
  createdAt: 'customers_by_created', updatedAt: 'customers_by_updated', firstName: 'customers_by_first_name',
}

const countedCustomers = (workspace: number, { source, ...rest }: CustomerFilter): Query | undefined => {
  if (has(...Object.values(rest))) return undefined
  const sql = 'select coalesce(sum(count), 0) as total from customer_totals where workspace = :workspace'
  return source === undefined ? { sql, params: { workspace } } : { sql: `${sql} and source = :source`, params: { workspace, source } }
}

const customerShape = (order: Order<CustomerOrderBy>): ListShape => ({
  from: 'customers u', sortIndex: customerIndex[order.by], candidateIndex: 'not indexed', candidate: 'u.id', row: 'u.id', id: 'u.id',
  order: customerOrder(order),
})

export const customerList = (workspace: number, { filter, order, following, offset, limit }: CustomersAsk): ListStatements =>
  statements(
    customerShape(order),
    customerConditions(workspace, filter),
    afterCustomer(order, following),
    { offset, limit },
    countedCustomers(workspace, filter),
  )

/** The list as a search goes through it, `undefined` when nothing is looked for. */
export const customerListSearch = (workspace: number, { filter, order, following, offset, limit }: CustomersAsk): ListSearch | undefined => {
  const search = customerSearch(filter.search)
  return search === undefined
    ? undefined
    : searchStatements(
        customerShape(order), customerConditions(workspace, filter),
        following === undefined ? undefined : afterCustomer(order, following), search, { offset, limit, counted: countedMatches },
      )
}
