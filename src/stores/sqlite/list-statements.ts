import { reversed, type ConversationFilter, type ConversationOrderBy, type CustomerFilter, type CustomerOrderBy, type Order } from '../../conversation/filter.js'
import type { Beside, ConversationsAsk, CustomersAsk, Slice } from '../../conversation/lists.js'
import {
  afterConversation, afterCustomer, conversationConditions, conversationOrder, customerConditions, customerOrder, wearersConversations, type Conditions,
} from './conversation-conditions.js'
import type { ListSearch } from './list-search.js'
import { conversationSearch, customerSearch } from './search-conditions.js'
import { searchStatements, type ListShape } from './search-statements.js'
import type { NamedQuery, Query, SqlValue } from './sql-value.js'

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

/** Rows that are passed over before it is worth while to know how many follow. */
const deep = 1_000

/** Which rows of a list a page shows, from where, and what knows the length of the whole list. */
interface Cut extends Slice {
  /** The sort, and the same from its end. */
  readonly orders: readonly [string, string]
  readonly after: Conditions
  /** Answers it exactly and at once. */
  readonly counted: NamedQuery | undefined
  /** Answers it up to the bound, without a walk over the list. */
  readonly tagged: NamedQuery | undefined
}

// One more than is shown: whether there is a next page is always told exactly.
const boundOf = ({ offset, limit }: Slice): number => Math.max(countedRows, Math.min(Number.MAX_SAFE_INTEGER, offset + limit + 1))

const statements = ({ from, sortIndex, id }: Omit<ListShape, 'order'>, { where, params }: Conditions, { orders, after, counted, tagged, offset, limit }: Cut): ListStatements => {
  const [forwards, backwards] = orders
  const ids = (conditions: string, order: string, slice: string): string =>
    `select ${id} as id from ${from} indexed by ${sortIndex} where ${conditions} order by ${order} ${slice}`
  const pageParams = { ...params, ...after.params, limit, offset }
  if (counted !== undefined && after.where === '' && offset >= deep) {
    // A list whose length is known is walked from its nearer end.
    const length = `(${counted.sql})`
    const near = `case when :offset <= ${length} / 2 then :limit else 0 end offset :offset`
    const far = `case when :offset <= ${length} / 2 then 0 else max(0, min(:limit, ${length} - :offset)) end offset max(0, ${length} - :offset - :limit)`
    const page = `select id from (${ids(where, forwards, `limit ${near}`)}) union all select id from (${ids(where, backwards, `limit ${far}`)})`
    return { page, params: { ...pageParams, ...counted.params }, total: counted }
  }
  return {
    page: ids(`${where} ${after.where}`, forwards, 'limit :limit offset :offset'),
    params: pageParams,
    total: counted ?? tagged ?? { sql: `select count(*) as total from (${ids(where, forwards, 'limit :bound')})`, params: { ...params, bound: boundOf({ offset, limit }) } },
  }
}

const conversationIndex: Readonly<Record<ConversationOrderBy, string>> = {
  createdAt: 'conversations_by_created', updatedAt: 'conversations_by_updated', title: 'conversations_by_title',
  status: 'conversations_by_status', priority: 'conversations_by_priority',
}

const has = (...values: readonly unknown[]): boolean => values.some((value) => value !== undefined)

/** Filters that the counters know answer exactly and at once, however long the list is. */
const countedConversations = (workspace: number, filter: ConversationFilter): NamedQuery | undefined => {
  const { status, source, priority, unanswered, search, tags, createdFrom, createdBefore, assignee } = filter
  if (has(search, tags, createdFrom, createdBefore, assignee)) return undefined
  const given = { status, source, priority, waiting: unanswered === true ? 1 : undefined }
  const params = Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])))
  const conditions = ['workspace = :workspace', ...Object.keys(params).map((name) => `${name} = :${name}`)]
  return { sql: `select coalesce(sum(count), 0) as total from conversation_totals where ${conditions.join(' and ')}`, params: { ...params, workspace } }
}

/** Where only tags are asked for, it is counted who wears them, and not who of all doesn't. */
const taggedConversations = (workspace: number, { tags, ...rest }: ConversationFilter, slice: Slice): NamedQuery | undefined =>
  tags === undefined || has(...Object.values(rest))
    ? undefined
    : { sql: wearersConversations, params: { workspace, tags: JSON.stringify(tags), bound: boundOf(slice) } }

const conversationShape = (order: Order<ConversationOrderBy>): ListShape => ({
  from: 'conversations c', sortIndex: conversationIndex[order.by], candidateIndex: 'indexed by conversations_by_number', candidate: 'c.number',
  row: 'c.rowid', id: 'c.id', order: conversationOrder(order),
})

/** Before a row is after it, walked the other way. */
const walkOf = <By extends string>({ order, preceding }: Beside & { readonly order: Order<By> }): Order<By> => (preceding === undefined ? order : reversed(order))

export const conversationList = (workspace: number, ask: ConversationsAsk): ListStatements => {
  const walk = walkOf(ask)
  return statements(conversationShape(walk), conversationConditions(workspace, ask.filter), {
    orders: [conversationOrder(walk), conversationOrder(reversed(walk))], after: afterConversation(walk, ask.following ?? ask.preceding),
    counted: countedConversations(workspace, ask.filter), tagged: taggedConversations(workspace, ask.filter, ask), offset: ask.offset, limit: ask.limit,
  })
}

/** The list as a search goes through it, `undefined` when nothing is looked for. */
export const conversationListSearch = (workspace: number, ask: ConversationsAsk): ListSearch | undefined => {
  const { filter, following, preceding, offset, limit } = ask
  const search = conversationSearch(filter.search)
  if (search === undefined) return undefined
  const walk = walkOf(ask)
  return searchStatements(
    conversationShape(walk), conversationConditions(workspace, filter), afterConversation(walk, following ?? preceding), search,
    { offset, limit, counted: countedMatches },
  )
}

const customerIndex: Readonly<Record<CustomerOrderBy, string>> = {
  createdAt: 'customers_by_created', updatedAt: 'customers_by_updated', firstName: 'customers_by_first_name',
}

const countedCustomers = (workspace: number, { source, ...rest }: CustomerFilter): NamedQuery | undefined => {
  if (has(...Object.values(rest))) return undefined
  const sql = 'select coalesce(sum(count), 0) as total from customer_totals where workspace = :workspace'
  return source === undefined ? { sql, params: { workspace } } : { sql: `${sql} and source = :source`, params: { workspace, source } }
}

const customerShape = (order: Order<CustomerOrderBy>): ListShape => ({
  from: 'customers u', sortIndex: customerIndex[order.by], candidateIndex: 'not indexed', candidate: 'u.id', row: 'u.id', id: 'u.id',
  order: customerOrder(order),
})

export const customerList = (workspace: number, ask: CustomersAsk): ListStatements => {
  const walk = walkOf(ask)
  return statements(customerShape(walk), customerConditions(workspace, ask.filter), {
    orders: [customerOrder(walk), customerOrder(reversed(walk))], after: afterCustomer(walk, ask.following ?? ask.preceding),
    counted: countedCustomers(workspace, ask.filter), tagged: undefined, offset: ask.offset, limit: ask.limit,
  })
}

/** The list as a search goes through it, `undefined` when nothing is looked for. */
export const customerListSearch = (workspace: number, ask: CustomersAsk): ListSearch | undefined => {
  const { filter, following, preceding, offset, limit } = ask
  const search = customerSearch(filter.search)
  if (search === undefined) return undefined
  const walk = walkOf(ask)
  return searchStatements(
    customerShape(walk), customerConditions(workspace, filter), afterCustomer(walk, following ?? preceding), search,
    { offset, limit, counted: countedMatches },
  )
}
