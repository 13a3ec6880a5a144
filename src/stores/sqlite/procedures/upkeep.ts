import { changedCustomer, changedFields, ownTagNames } from '../../../conversation/changed-customer.js'
import type { Tag } from '../../../conversation/records.js'
import type { ConversationDeleteAsk, CustomerChanged, CustomerDeleteAsk, CustomerUpdateAsk, Deleted } from '../../../conversation/upkeep.js'
import { customerColumns, customerFrom, tagFrom, toMicros, type CustomerColumns, type TagRow } from '../conversation-rows.js'
import { customerSearchText } from '../customer-search-text.js'
import type { Database } from '../database.js'
import { auditMember } from './audit-member.js'
import { appendToLog } from './conversations-log.js'
import type { Numbered } from './numbered.js'

const tagOf = (db: Database, { workspace, by, at }: Numbered<CustomerUpdateAsk>, name: string): Tag => {
  const known = db.get<TagRow>('select id, name, created_at, created_by from tags where workspace = ? and name = ? order by id limit 1', [workspace, name])
  if (known !== undefined) return tagFrom(known)
  const made = db.get<TagRow>(
    `insert into tags (workspace, name, created_by, created_at) values (?, ?, (select id from users where id = ?), ?)
     returning id, name, created_at, created_by`,
    [workspace, name, by, toMicros(at)],
  )
  if (made === undefined) throw new Error('The tag that was made is not there')
  return tagFrom(made)
}

export const updateCustomer = (db: Database, ask: Numbered<CustomerUpdateAsk>): CustomerChanged => {
  const { workspace, customer: id, at } = ask
  const row = db.get<CustomerColumns>(`select ${customerColumns} from customers u where u.workspace = ? and u.id = ?`, [workspace, id])
  if (row === undefined) return { outcome: 'not_found' }
  const tags = ask.tags === undefined ? undefined : ownTagNames(ask.tags).map((name) => tagOf(db, ask, name))
  const customer = changedCustomer(customerFrom(row), ask, tags, at)
  if (customer === undefined) return { outcome: 'unchanged' }
  db.run(
    `update customers set first_name = :firstName, last_name = :lastName, username = :username, email = :email, phone_number = :phoneNumber,
       description = :description, search_text = :search, updated_at = :at where id = :id`,
    {
      firstName: customer.firstName ?? null,
      lastName: customer.lastName ?? null,
      username: customer.username ?? null,
      email: customer.email ?? null,
      phoneNumber: customer.phoneNumber ?? null,
      description: customer.description ?? null,
      search: customerSearchText(customer),
      at: toMicros(customer.updatedAt),
      id,
    },
  )
  if (tags !== undefined) {
    db.run('delete from customer_tags where workspace = ? and customer = ?', [workspace, id])
    for (const tag of customer.tags) db.run('insert into customer_tags (workspace, customer, tag) values (?, ?, ?)', [workspace, id, tag.id])
  }
  auditMember(db, { ...ask, action: 'customer.change', subject: `customer:${String(id)}`, after: { workspace, fields: changedFields(customerFrom(row), customer) } })
  return { outcome: 'changed', customer, event: appendToLog(db, workspace, at, { type: 'customer.changed', customer }) }
}

export const deleteConversation = (db: Database, ask: Numbered<ConversationDeleteAsk>): Deleted => {
  const { workspace, conversation, by, at } = ask
  const known = db.get<{ customer: number; status: string; messages: number }>(
    'select customer, status, last_message_seq as messages from conversations where workspace = ? and id = ?', [workspace, conversation],
  )
  if (known === undefined) return { outcome: 'not_found' }
  // Messages, read marks and attachments go with it.
  db.run('delete from conversations where workspace = ? and id = ?', [workspace, conversation])
  auditMember(db, { ...ask, action: 'conversation.delete', subject: `conversation:${conversation}`, before: { workspace, ...known } })
  return { outcome: 'deleted', event: appendToLog(db, workspace, at, { type: 'conversation.deleted', conversation, by }) }
}

export const deleteCustomer = (db: Database, ask: Numbered<CustomerDeleteAsk>): Deleted => {
  const { workspace, customer, by, at } = ask
  const rows = db.all<{ id: string }>('select id from conversations where workspace = ? and customer = ? order by id', [workspace, customer])
  const { changes } = db.run('delete from customers where workspace = ? and id = ?', [workspace, customer])
  if (changes === 0) return { outcome: 'not_found' }
  const conversations = rows.map(({ id }) => id)
  auditMember(db, { ...ask, action: 'customer.delete', subject: `customer:${String(customer)}`, before: { workspace, conversations: conversations.length } })
  return { outcome: 'deleted', event: appendToLog(db, workspace, at, { type: 'customer.deleted', customer, conversations, by }) }
}
