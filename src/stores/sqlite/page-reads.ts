import type { ConversationsAsk, CustomerRow, CustomersAsk } from '../../conversation/lists.js'
import { conversationOrder, customerOrder } from './conversation-conditions.js'
import {
  conversationColumns, conversationFrom, customerColumns, customerFrom, lastMessageFrom, previewColumns, selectInboxPage, type ConversationColumns,
  type CustomerColumns, type MaybeMessage,
} from './conversation-rows.js'
import type { NamedQuery, SqlValue } from './sql-value.js'

/** `conversationsPerCustomer` of the page, in SQL. */
const perCustomer = 'max(10, min(200, 5000 / max(1, (select count(*) from page))))'

/** The ids that a search found. */
export const foundIds = 'select value from json_each(:ids)'

type Params = Readonly<Record<string, SqlValue>>

/** A page of the inbox; `ids` is a select of its ids, whose values are in `params`, as is `reader`. */
export const inboxRead = (ids: string, order: ConversationsAsk['order'], params: Params): NamedQuery => ({
  sql: `with page (id) as materialized (${ids}) ${selectInboxPage} order by ${conversationOrder(order)}`,
  params,
})

/** A page of customers. */
export const customersRead = (ids: string, order: CustomersAsk['order'], params: Params): NamedQuery => ({
  sql: `with page (id) as materialized (${ids}) select ${customerColumns} from page p cross join customers u on u.id = p.id order by ${customerOrder(order)}`,
  params,
})

/** What a page of customers shows of their conversations; needs `workspace`. */
export const customersConversationsRead = (ids: string, params: Params): NamedQuery => ({
  sql: `with page (id) as materialized (${ids})
    select ${conversationColumns}, ${previewColumns}
    from (select p.id, row_number() over (partition by p.customer order by p.updated_at desc, p.id desc) as place
          from conversations p where p.workspace = :workspace and p.customer in page) chosen
    join conversations c on c.id = chosen.id
    left join messages m on m.conversation = c.id and m.seq = c.last_message_seq
    where chosen.place <= ${perCustomer}
    order by c.updated_at desc, c.id desc`,
  params,
})

export type CustomersConversation = ConversationColumns & MaybeMessage

export const customerRowsFrom = (customers: readonly CustomerColumns[], conversations: readonly CustomersConversation[]): readonly CustomerRow[] => {
  const byCustomer = new Map<number, CustomersConversation[]>(customers.map((row) => [row.u_id, []]))
  for (const row of conversations) byCustomer.get(row.c_customer)?.push(row)
  return customers.map((row) => ({
    customer: customerFrom(row),
    conversations: (byCustomer.get(row.u_id) ?? []).map((of) => ({ conversation: conversationFrom(of), lastMessage: lastMessageFrom(of) })),
  }))
}
