import { conversationTitle, isSame, type InboundMessage, type InboundResult } from '../../../conversation/inbound-message.js'
import type { WorkspaceEvent } from '../../../conversation/log.js'
import { publicId } from '../../../conversation/public-id.js'
import type { Conversation, Customer } from '../../../conversation/records.js'
import { searchText } from '../../../conversation/search-text.js'
import {
  conversationColumns, conversationFrom, customerColumns, customerFrom, messageColumns, messageFrom, toMicros,
  type ConversationColumns, type CustomerColumns, type MessageColumns,
} from '../conversation-rows.js'
import { customerSearchText } from '../customer-search-text.js'
import type { Database } from '../database.js'
import { appendToLog } from './conversations-log.js'
import { storeMessage } from './conversations.js'
import type { Numbered } from './numbered.js'
import { updateCustomer } from './upkeep.js'

type Ask = Numbered<InboundMessage>

const selectCustomer = `select ${customerColumns} from customers u`

const addCustomer = (db: Database, { workspace, source, customer, at }: Ask): Customer => {
  const made = db.get<{ id: number }>(
    `insert into customers (workspace, first_name, last_name, username, phone_number, email, source, source_id, search_text, created_at, updated_at)
     values (:workspace, :firstName, :lastName, :username, :phoneNumber, :email, :source, :sourceId, :search, :at, :at) returning id`,
    {
      workspace,
      firstName: customer.firstName ?? null,
      lastName: customer.lastName ?? null,
      username: customer.username ?? null,
      phoneNumber: customer.phoneNumber ?? null,
      email: customer.email ?? null,
      source,
      sourceId: customer.sourceId,
      search: customerSearchText({
        firstName: customer.firstName ?? undefined,
        lastName: customer.lastName ?? undefined,
        username: customer.username ?? undefined,
        email: customer.email ?? undefined,
        phoneNumber: customer.phoneNumber ?? undefined,
      }),
      at: toMicros(at),
    },
  )
  const row = db.get<CustomerColumns>(`${selectCustomer} where u.id = ?`, [made?.id ?? 0])
  if (row === undefined) throw new Error('The customer who was made is not there')
  return customerFrom(row)
}

const isAiWanted = (db: Database, workspace: number): boolean =>
  db.get<{ handler: string }>(
    `select u.default_reply_handler as handler from workspace_members m join users u on u.id = m.user_id
     where m.workspace = ? and m.role = 'owner' order by m.created_at, m.user_id limit 1`,
    [workspace],
  )?.handler === 'AI'

const openConversation = (db: Database, { workspace, source, aiAnswers, at }: Ask, customer: Customer): Conversation => {
  const select = `select ${conversationColumns} from conversations c where c.workspace = ?`
  const known = db.get<ConversationColumns>(
    `${select} and c.customer = ? and c.source = ? and c.status <> 'closed' order by c.updated_at desc, c.id desc limit 1`,
    [workspace, customer.id, source],
  )
  if (known !== undefined) return conversationFrom(known)
  const id = publicId()
  const title = conversationTitle(source, customer)
  db.run(
    `insert into conversations (id, workspace, customer, title, status, source, search_text, created_at, updated_at)
     values (:id, :workspace, :customer, :title, :status, :source, :search, :at, :at)`,
    {
      id,
      workspace,
      customer: customer.id,
      title,
      status: aiAnswers && isAiWanted(db, workspace) ? 'active' : 'support_active',
      source,
      search: searchText(title),
      at: toMicros(at),
    },
  )
  const made = db.get<ConversationColumns>(`${select} and c.id = ?`, [workspace, id])
  if (made === undefined) throw new Error('The conversation that was made is not there')
  return conversationFrom(made)
}

export const receiveMessage = (db: Database, ask: Ask): InboundResult => {
  const { workspace, source, customer: writer, key, at } = ask
  if (db.get('select 1 from workspaces where id = ?', [workspace]) === undefined) return { outcome: 'no_workspace' }
  const row = db.get<CustomerColumns>(`${selectCustomer} where u.workspace = ? and u.source = ? and u.source_id = ?`, [workspace, source, writer.sourceId])
  const author = (id: number): string => `customer:${String(id)}`
  const told = row === undefined ? undefined : db.get<MessageColumns>(`select ${messageColumns} from messages m where m.author = ? and m.client_key = ?`, [author(row.u_id), key])
  if (told !== undefined) {
    const message = messageFrom(told)
    return isSame(message, ask) ? { outcome: 'repeated', message } : { outcome: 'key_reused' }
  }
  const events: WorkspaceEvent[] = []
  let customer: Customer
  if (row === undefined) {
    customer = addCustomer(db, ask)
    events.push(appendToLog(db, workspace, at, { type: 'customer.changed', customer }))
  } else {
    const { sourceId: _known, ...fields } = writer
    const updated = updateCustomer(db, { workspace, customer: row.u_id, ...fields, by: source, at })
    customer = updated.outcome === 'changed' ? updated.customer : customerFrom(row)
    if (updated.outcome === 'changed') events.push(updated.event)
  }
  const conversation = openConversation(db, ask, customer)
  const { message, event } = storeMessage(db, { ...ask, type: 'customer', author: undefined }, conversation, author(customer.id))
  return { outcome: 'stored', message, status: conversation.status, events: [...events, event] }
}
