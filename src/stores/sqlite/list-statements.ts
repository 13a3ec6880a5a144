import type { ConversationFilter, ConversationOrderBy, CustomerFilter, CustomerOrderBy } from '../../conversation/filter.js'
import type { ConversationsAsk, CustomersAsk } from '../../conversation/conversations.js'
import {
  afterConversation, afterCustomer, conversationConditions, conversationOrder, customerConditions, customerOrder, type Conditions,
} from './conversation-conditions.js'
import { conversationSearch, customerSearch, type Search } from './search-conditions.js'
import type { Query, SqlValue } from './sql-value.js'

/** Rows of a filtered list that are counted; a list that is longer says so many, or as many as it has shown and one more. */
export const countedRows = 10_000

/** The same for a search, where each row is compared with what is looked for. */
export const countedMatches = 200

/** Up to so many candidates a search looks up and sorts; where there are more it goes through the list in its order until the page is full. */
const fewCandidates = 3_000

/** A page as its ids in their order, and how long the whole list is. */
export interface ListStatements {
  /** A select of `id`, to be put into `with page (id) as materialized (…)`. */
  readonly page: string
  readonly params: Readonly<Record<string, SqlValue>>
  /** Answers one row with `total`. */
  readonly total: Query
}

interface ListShape {
  readonly from: string
  readonly sortIndex: string
  /** How a candidate is looked up. */
  readonly byCandidate: string
  readonly candidate: string
  readonly id: string
  readonly order: string
}

// The order of the compound is that of its parts: one of them is empty, and the other is sorted.
const idsOf = ({ from, sortIndex, byCandidate, candidate, id, order }: ListShape, where: string, search: Search | undefined): string => {
  const slice = 'limit :limit offset :offset'
  const walk = `select ${id} as id from ${from} indexed by ${sortIndex}`
  if (search === undefined) return `${walk} where ${where} order by ${order} ${slice}`
  return `with found (candidate) as materialized (${search.candidates}),
      few (yes) as materialized (select count(*) <= ${String(fewCandidates)} from found),
      sorted (id) as materialized (select ${id} from ${from} ${byCandidate}
        where (select yes from few) and ${candidate} in (select candidate from found) and ${where} order by ${order} limit -1)
    select id from (select id from sorted where ${search.matches('sorted.id')} ${slice})
    union all
    select id from (${walk} where not (select yes from few) and +${candidate} in (select candidate from found) and ${where}
      and ${search.matches(id)} order by ${order} ${slice})`
}

const statements = (
  shape: ListShape,
  { where, params }: Conditions,
  after: Conditions,
  search: Search | undefined,
  { offset, limit }: { readonly offset: number; readonly limit: number },
  counted: Query | undefined,
): ListStatements => {
  const all = { ...params, ...search?.params }
  // One more than is shown: whether there is a next page is always told exactly.
  const bound = Math.max(search === undefined ? countedRows : countedMatches, Math.min(Number.MAX_SAFE_INTEGER, offset + limit + 1))
  return {
    page: idsOf(shape, `${where} ${after.where}`, search),
    params: { ...all, ...after.params, limit, offset },
    total: counted ?? {
      sql: `select count(*) as total from (${idsOf(shape, where, search)})`,
      params: { ...all, limit: bound, offset: 0 },
    },
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

export const conversationList = (workspace: number, { filter, order, following, offset, limit }: ConversationsAsk): ListStatements =>
  statements(
    {
      from: 'conversations c', sortIndex: conversationIndex[order.by], byCandidate: 'indexed by conversations_by_number',
      candidate: 'c.number', id: 'c.id', order: conversationOrder(order),
    },
    conversationConditions(workspace, filter),
    afterConversation(order, following),
    conversationSearch(filter.search),
    { offset, limit },
    countedConversations(workspace, filter),
  )

const customerIndex: Readonly<Record<CustomerOrderBy, string>> = {
  createdAt: 'customers_by_created', updatedAt: 'customers_by_updated', firstName: 'customers_by_first_name',
}

const countedCustomers = (workspace: number, { source, ...rest }: CustomerFilter): Query | undefined => {
  if (has(...Object.values(rest))) return undefined
  const sql = 'select coalesce(sum(count), 0) as total from customer_totals where workspace = :workspace'
  return source === undefined ? { sql, params: { workspace } } : { sql: `${sql} and source = :source`, params: { workspace, source } }
}

export const customerList = (workspace: number, { filter, order, following, offset, limit }: CustomersAsk): ListStatements =>
  statements(
    {
      from: 'customers u', sortIndex: customerIndex[order.by], byCandidate: 'not indexed', candidate: 'u.id', id: 'u.id',
      order: customerOrder(order),
    },
    customerConditions(workspace, filter),
    afterCustomer(order, following),
    customerSearch(filter.search),
    { offset, limit },
    countedCustomers(workspace, filter),
  )
