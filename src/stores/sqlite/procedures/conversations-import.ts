import { searchText } from '../../../conversation/search-text.js'
import { storableText } from '../../../conversation/storable-text.js'
import type { ImportedConversation, ImportedCustomer, ImportedMember, ImportedMessage, WorkspaceImport } from '../../../conversation/workspace-import.js'
import { toMicros, userAuthor } from '../conversation-rows.js'
import { customerSearchText } from '../customer-search-text.js'
import type { Database } from '../database.js'

/** Takes in a whole workspace, or nothing when one of this id is there. Users who are there already keep what they have. */
export const importWorkspace = (db: Database, data: WorkspaceImport): 'imported' | 'exists' => {
  const workspace = Number(data.id)
  if (!Number.isSafeInteger(workspace) || workspace < 1) {
    throw new RangeError(`Cannot import a workspace as "id" must be a positive integer: current value is ${data.id}`)
  }
  if (db.get('select 1 from workspaces where id = ?', [workspace]) !== undefined) return 'exists'
  addConversations(db, workspace, data, addWorkspace(db, workspace, data))
  return 'imported'
}

/** Numbers of tags by their names. */
export type TagNumbers = ReadonlyMap<string, number>

/** The workspace with its members and tags, without anybody's conversations. */
export const addWorkspace = (db: Database, workspace: number, data: WorkspaceImport): TagNumbers => {
  const at = toMicros(data.createdAt)
  db.run('insert into workspaces (id, name, created_at, updated_at) values (?, ?, ?, ?)', [workspace, data.name, at, at])
  for (const [index, member] of data.members.entries()) addMember(db, workspace, member, at + index)
  return addTags(db, workspace, data.tags)
}

/** Its customers and their conversations. */
export const addConversations = (db: Database, workspace: number, data: WorkspaceImport, tags: TagNumbers): void => {
  const customers = data.customers.map((customer) => addCustomer(db, workspace, customer, tags))
  for (const conversation of data.conversations) addConversation(db, workspace, conversation, customers[conversation.customer])
}

// One microsecond apart, so that a user list in the order of its making has one order.
export const addMember = (db: Database, workspace: number, member: ImportedMember, at: number): void => {
  db.run(
    `insert into users (id, email, username, first_name, last_name, active, email_confirmed, created_at, updated_at)
     values (:id, :email, :username, :firstName, :lastName, :active, 1, :at, :at) on conflict (id) do nothing`,
    {
      id: member.userId,
      email: member.email,
      username: member.username ?? null,
      firstName: member.firstName,
      lastName: member.lastName,
      active: member.active ? 1 : 0,
      at,
    },
  )
  db.run('insert into workspace_members (workspace, user_id, role, created_at, updated_at) values (?, ?, ?, ?, ?)', [workspace, member.userId, member.role, at, at])
}

interface NewTag {
  readonly name: string
  readonly createdAt: number | undefined
  readonly createdBy: string | undefined
}

export const addTags = (db: Database, workspace: number, tags: readonly NewTag[]): TagNumbers =>
  new Map(
    tags.map(({ name, createdAt, createdBy }) => {
      const row = db.get<{ id: number }>('insert into tags (workspace, name, created_by, created_at) values (?, ?, ?, ?) returning id', [
        workspace,
        name,
        createdBy ?? null,
        createdAt === undefined ? null : toMicros(createdAt),
      ])
      return [name, row?.id ?? 0]
    }),
  )

export const addCustomer = (db: Database, workspace: number, customer: ImportedCustomer, tags: TagNumbers): number => {
  const { firstName, lastName, username, email, phoneNumber } = customer
  const row = db.get<{ id: number }>(
    `insert into customers (workspace, first_name, last_name, username, phone_number, email, description, profile_picture, source, source_id,
       data, search_text, created_at, updated_at)
     values (:workspace, :firstName, :lastName, :username, :phoneNumber, :email, :description, :profilePicture, :source, :sourceId,
       :data, :search, :createdAt, :updatedAt) returning id`,
    {
      workspace,
      firstName: firstName ?? null,
      lastName: lastName ?? null,
      username: username ?? null,
      phoneNumber: phoneNumber ?? null,
      email: email ?? null,
      description: customer.description ?? null,
      profilePicture: customer.profilePicture ?? null,
      source: customer.source,
      sourceId: customer.sourceId ?? null,
      data: JSON.stringify(customer.data),
      search: customerSearchText(customer),
      createdAt: toMicros(customer.createdAt),
      updatedAt: toMicros(customer.updatedAt),
    },
  )
  const id = row?.id ?? 0
  for (const name of customer.tags) {
    const tag = tags.get(name)
    if (tag !== undefined) db.run('insert into customer_tags (workspace, customer, tag) values (?, ?, ?)', [workspace, id, tag])
  }
  return id
}

const addConversation = (db: Database, workspace: number, conversation: ImportedConversation, customer: number | undefined): void => {
  if (customer === undefined) {
    throw new RangeError(`Cannot import a conversation as "customer" must be a place in "customers": current value is ${String(conversation.customer)}`)
  }
  addEmptyConversation(db, workspace, conversation, customer)
  addMessages(db, conversation.id, conversation.messages)
}

export const addEmptyConversation = (
  db: Database,
  workspace: number,
  conversation: Omit<ImportedConversation, 'customer' | 'messages'>,
  customer: number,
): void => {
  db.run(
    `insert into conversations (id, workspace, customer, title, status, priority, source, is_active, assignee, search_text, created_at, updated_at)
     values (:id, :workspace, :customer, :title, :status, :priority, :source, :isActive, :assignee, :search, :createdAt, :updatedAt)`,
    {
      id: conversation.id,
      workspace,
      customer,
      title: conversation.title,
      status: conversation.status,
      priority: conversation.priority,
      source: conversation.source,
      isActive: conversation.isActive ? 1 : 0,
      assignee: conversation.assignee ?? null,
      search: searchText(conversation.title),
      createdAt: toMicros(conversation.createdAt),
      updatedAt: toMicros(conversation.updatedAt),
    },
  )
}

interface Counted {
  readonly customer: number
  readonly source: string
  readonly seq: number
  readonly customers: number
  readonly unanswered: number
}

/** Puts messages behind those a conversation has, and counts them; its `updated_at` stays. */
export const addMessages = (db: Database, conversation: string, messages: readonly ImportedMessage[]): void => {
  const counted = db.get<Counted>(
    `select customer, source, last_message_seq as seq, customer_message_count as customers, unanswered_count as unanswered
     from conversations where id = ?`,
    [conversation],
  )
  if (counted === undefined) throw new RangeError(`Cannot import messages as there is no conversation ${conversation}`)
  let { seq, customers, unanswered } = counted
  for (const message of messages) {
    seq += 1
    if (message.type === 'customer') customers += 1
    if (message.type === 'customer' && !message.isAnswered) unanswered += 1
    addMessage(db, conversation, counted, message, { seq, customers })
  }
  db.run('update conversations set last_message_seq = ?, customer_message_count = ?, unanswered_count = ? where id = ?', [seq, customers, unanswered, conversation])
}

const addMessage = (
  db: Database,
  conversation: string,
  { customer, source }: Counted,
  message: ImportedMessage,
  { seq, customers }: Pick<Counted, 'seq' | 'customers'>,
): void => {
  const content = storableText(message.content)
  db.run(
    `insert into messages (id, conversation, seq, type, author, customer, content, is_ai_response, is_answered, message_type, media_url, media_file,
       transcription, processing_status, feedback, feedback_comment, feedback_at, customer_count, search_text, created_at)
     values (:id, :conversation, :seq, :type, :author, :customer, :content, :ai, :answered, :contentType, :mediaUrl, :mediaFile,
       :transcription, :processing, :feedback, :comment, :feedbackAt, :customers, :search, :at)`,
    {
      id: message.id,
      conversation,
      seq,
      type: message.type,
      author: importedAuthor(message, customer, source),
      customer,
      content,
      ai: message.type === 'AI' ? 1 : 0,
      answered: message.isAnswered ? 1 : 0,
      contentType: message.contentType,
      mediaUrl: message.mediaUrl ?? null,
      mediaFile: message.mediaFile ?? null,
      transcription: message.transcription ?? null,
      processing: message.processingStatus ?? 'completed',
      feedback: message.feedback,
      comment: message.feedbackComment,
      feedbackAt: message.feedbackAt === undefined ? null : toMicros(message.feedbackAt),
      customers,
      search: searchText(content),
      at: toMicros(message.createdAt),
    },
  )
}

const importedAuthor = ({ author, type }: ImportedMessage, customer: number, source: string): string => {
  if (author !== undefined) return userAuthor(author)
  if (type === 'customer') return `customer:${String(customer)}`
  return type === 'AI' ? 'ai' : `source:${source}`
}
