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

/** Customers who wear one of `:tags`, from the tag to its wearers: the other way round every tag of the workspace would be read. */
const wearers = `select ft.customer from tags t cross join customer_tags ft indexed by customer_tags_by_tag
  on ft.workspace = t.workspace and ft.tag = t.id where t.workspace = :workspace and t.name in (select value from json_each(:tags))`

const wears = (customer: 'c.customer' | 'u.id', tags: readonly string[]): Condition => [`${customer} in (${wearers})`, { tags: JSON.stringify(tags) }]

/** How many conversations the wearers of `:tags` have, at most `:bound`; asks nobody else's. */
export const wearersConversations = `select count(*) as total from (select 1 from (select distinct customer from (${wearers})) d
  cross join conversations o indexed by conversations_by_customer on o.workspace = :workspace and o.customer = d.customer limit :bound)`

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
  createdAt: 'c.created_at', updatedAt: 'c.updated_at', title: 'c.title', status: 'c.status', priority: 'c.priority',
}

/** As the migration 0009 has it: missing names come after all others, as the old service's database had it. */
const missing = 'char(1114111)'

const customerColumn: Readonly<Record<CustomerOrderBy, string>> = {
  createdAt: 'u.created_at', updatedAt: 'u.updated_at', firstName: 'u.first_name_sorted',
}

const direction = (order: Order<string>): string => (order.descending ? 'desc' : 'asc')

export const customerOrder = (order: Order<CustomerOrderBy>): string => `${customerColumn[order.by]} ${direction(order)}, u.id ${direction(order)}`

export const conversationOrder = (order: Order<ConversationOrderBy>): string =>
  `${conversationColumn[order.by]} ${direction(order)}, c.id ${direction(order)}`

/** Where a list that is walked in this order goes on after a row. */
export const afterConversation = (order: Order<ConversationOrderBy>, place: Place | undefined): Conditions =>
  place === undefined ? nothing : after(conversationColumn[order.by], 'c.id', order, place, place.id)

export const afterCustomer = (order: Order<CustomerOrderBy>, place: Place | undefined): Conditions =>
  place === undefined ? nothing : after(customerColumn[order.by], 'u.id', order, place, Number(place.id))

const nothing: Conditions = { where: '', params: {} }

const times: ReadonlySet<string> = new Set<ConversationOrderBy & CustomerOrderBy>(['createdAt', 'updatedAt'])

const after = (column: string, id: string, order: Order<string>, { key }: Place, afterId: SqlValue): Conditions => ({
  where: `and (${column}, ${id}) ${order.descending ? '<' : '>'} (${key === undefined ? missing : ':afterKey'}, :afterId)`,
  params: { ...(key === undefined ? {} : { afterKey: times.has(order.by) ? toMicros(Number(key)) : key }), afterId },
})
