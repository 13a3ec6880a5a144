import { changedCustomer, ownTagNames } from '../../../conversation/changed-customer.js'
import type { Tag } from '../../../conversation/records.js'
import type { ConversationDeleteAsk, CustomerChanged, CustomerDeleteAsk, CustomerUpdateAsk, Deleted } from '../../../conversation/upkeep.js'
import { customerColumns, customerFrom, tagFrom, toMicros, type CustomerColumns, type TagRow } from '../conversation-rows.js'
import { customerSearchText } from '../customer-search-text.js'
import type { Database } from '../database.js'
import { appendToLog } from './conversations-log.js'
import type { Numbered } from './conversations.js'

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
  return { outcome: 'changed', customer, event: appendToLog(db, workspace, at, { type: 'customer.changed', customer }) }
}

export const deleteConversation = (db: Database, { workspace, conversation, by, at }: Numbered<ConversationDeleteAsk>): Deleted => {
  // Messages, read marks and attachments go with it.
  const { changes } = db.run('delete from conversations where workspace = ? and id = ?', [workspace, conversation])
  if (changes === 0) return { outcome: 'not_found' }
  return { outcome: 'deleted', event: appendToLog(db, workspace, at, { type: 'conversation.deleted', conversation, by }) }
}

export const deleteCustomer = (db: Database, { workspace, customer, by, at }: Numbered<CustomerDeleteAsk>): Deleted => {
  const rows = db.all<{ id: string }>('select id from conversations where workspace = ? and customer = ? order by id', [workspace, customer])
  const { changes } = db.run('delete from customers where workspace = ? and id = ?', [workspace, customer])
  if (changes === 0) return { outcome: 'not_found' }
  const conversations = rows.map(({ id }) => id)
  return { outcome: 'deleted', event: appendToLog(db, workspace, at, { type: 'customer.deleted', customer, conversations, by }) }
}
