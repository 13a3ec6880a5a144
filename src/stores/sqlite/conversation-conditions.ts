import type { Place } from '../../conversation/lists.js'
import type { ConversationFilter, ConversationOrderBy, CustomerFilter, CustomerOrderBy, Order } from '../../conversation/filter.js'
import { toMicros } from './conversation-rows.js'
import type { SqlValue } from './sql-value.js'

/** The part of a statement between `where` and `order by`, with its values. Its text is put together from constants only. */
export interface Conditions {
  readonly where: string
  readonly params: Readonly<Record<string, SqlValue>>
}

type Condition = readonly [sql: string, params: Readonly<Record<string, SqlValue>>]

const when = <T>(value: T | undefined, condition: (value: T) => Condition): readonly Condition[] => (value === undefined ? [] : [condition(value)])

const all = (workspace: number, alias: 'c' | 'u', conditions: readonly Condition[]): Conditions => ({
  where: [`${alias}.workspace = :workspace`, ...conditions.map(([sql]) => sql)].join(' and '),
  params: Object.fromEntries([['workspace', workspace] as const, ...conditions.flatMap(([, params]) => Object.entries(params))]),
})

const wears = (customer: 'c.customer' | 'u.id', tags: readonly string[]): Condition => [
  `${customer} in (select ft.customer from tags t join customer_tags ft on ft.workspace = t.workspace and ft.tag = t.id
     where t.workspace = :workspace and t.name in (select value from json_each(:tags)))`,
  { tags: JSON.stringify(tags) },
]

/** Everything but `search`, which `search-conditions.ts` knows. */
export const conversationConditions = (workspace: number, filter: ConversationFilter): Conditions =>
  all(workspace, 'c', [
    ...when(filter.status, (status): Condition => ['c.status = :status', { status }]),
    ...when(filter.source, (source): Condition => ['c.source = :source', { source }]),
    ...when(filter.priority, (priority): Condition => ['c.priority = :priority', { priority }]),
    ...when(filter.assignee, (assignee): Condition => ['c.assignee = :assignee', { assignee }]),
    ...when(filter.unanswered, (): Condition => ['c.waiting = 1', {}]),
    ...when(filter.createdFrom, (at): Condition => ['c.created_at >= :createdFrom', { createdFrom: toMicros(at) }]),
    ...when(filter.createdBefore, (at): Condition => ['c.created_at < :createdBefore', { createdBefore: toMicros(at) }]),
    ...when(filter.tags, (tags): Condition => wears('c.customer', tags)),
  ])

const lastActivity = 'coalesce((select max(f.updated_at) from conversations f where f.workspace = :workspace and f.customer = u.id), u.updated_at)'

export const customerConditions = (workspace: number, filter: CustomerFilter): Conditions =>
  all(workspace, 'u', [
    ...when(filter.source, (source): Condition => ['u.source = :source', { source }]),
    ...when(filter.hasEmail, (has): Condition => [`coalesce(u.email, '') ${has ? '<>' : '='} ''`, {}]),
    ...when(filter.hasPhone, (has): Condition => [`coalesce(u.phone_number, '') ${has ? '<>' : '='} ''`, {}]),
    ...when(filter.conversationStatus, (status): Condition => [
      `u.id in (select customer from conversations indexed by conversations_by_status where workspace = :workspace and status = :conversationStatus)`,
      { conversationStatus: status },
    ]),
    ...when(filter.unanswered, (has): Condition => [
      `u.id ${has ? '' : 'not '}in (select customer from conversations indexed by conversations_waiting where workspace = :workspace and waiting = 1)`,
      {},
    ]),
    ...when(filter.createdFrom, (at): Condition => ['u.created_at >= :createdFrom', { createdFrom: toMicros(at) }]),
    ...when(filter.createdBefore, (at): Condition => ['u.created_at < :createdBefore', { createdBefore: toMicros(at) }]),
    ...when(filter.activeFrom, (at): Condition => [`${lastActivity} >= :activeFrom`, { activeFrom: toMicros(at) }]),
    ...when(filter.activeBefore, (at): Condition => [`${lastActivity} < :activeBefore`, { activeBefore: toMicros(at) }]),
    ...when(filter.tags, (tags): Condition => wears('u.id', tags)),
    ...when(filter.tagIds, (ids): Condition => [
      'u.id in (select ft.customer from customer_tags ft where ft.workspace = :workspace and ft.tag in (select value from json_each(:tagIds)))',
      { tagIds: JSON.stringify(ids) },
    ]),
  ])

const conversationColumn: Readonly<Record<ConversationOrderBy, string>> = {
  createdAt: 'c.created_at', updatedAt: 'c.updated_at', title: `coalesce(c.title, '')`, status: 'c.status', priority: 'c.priority',
}

const customerColumn: Readonly<Record<CustomerOrderBy, string>> = {
  createdAt: 'u.created_at', updatedAt: 'u.updated_at', firstName: 'u.first_name',
}

const direction = (order: Order<string>): string => (order.descending ? 'desc' : 'asc')

/** Missing values come after all others, as the old service's database had it. */
export const customerOrder = (order: Order<CustomerOrderBy>): string => {
  const missing = order.by === 'firstName' ? (order.descending ? ' nulls first' : ' nulls last') : ''
  return `${customerColumn[order.by]} ${direction(order)}${missing}, u.id ${direction(order)}`
}

export const conversationOrder = (order: Order<ConversationOrderBy>): string =>
  `${conversationColumn[order.by]} ${direction(order)}, c.id ${direction(order)}`

/** Where a list goes on after a row; only for sorts by a time, others answer from the beginning. */
export const afterConversation = (order: Order<ConversationOrderBy>, place: Place | undefined): Conditions =>
  order.by === 'createdAt' || order.by === 'updatedAt' ? after(conversationColumn[order.by], 'c.id', order, place, place?.id ?? '') : nothing

export const afterCustomer = (order: Order<CustomerOrderBy>, place: Place | undefined): Conditions =>
  order.by === 'createdAt' || order.by === 'updatedAt' ? after(customerColumn[order.by], 'u.id', order, place, Number(place?.id)) : nothing

const nothing: Conditions = { where: '', params: {} }

const after = (column: string, id: string, order: Order<string>, place: Place | undefined, afterId: SqlValue): Conditions =>
  place === undefined
    ? nothing
    : { where: `and (${column}, ${id}) ${order.descending ? '<' : '>'} (:afterAt, :afterId)`, params: { afterAt: toMicros(place.at), afterId } }
