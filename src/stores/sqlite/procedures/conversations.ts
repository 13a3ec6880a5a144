import type { Changed, FeedbackAsk, FeedbackResult, ReadAsk, UpdateAsk, Updated } from '../../../conversation/changes.js'
import type { ConversationRow } from '../../../conversation/lists.js'
import { isSameSend, type NewMessage, type SendResult } from '../../../conversation/message-asks.js'
import type { WorkspaceChange, WorkspaceEvent } from '../../../conversation/log.js'
import { publicId } from '../../../conversation/public-id.js'
import type { ContentType, Conversation, Message } from '../../../conversation/records.js'
import { searchText } from '../../../conversation/search-text.js'
import { storableText } from '../../../conversation/storable-text.js'
import {
  conversationColumns, conversationFrom, inboxRowFrom, messageColumns, messageFrom, selectInbox, toMicros, userAuthor,
  type ConversationColumns, type InboxColumns, type MessageColumns,
} from '../conversation-rows.js'
import type { Database } from '../database.js'
import { auditMember } from './audit-member.js'
import { appendToLog } from './conversations-log.js'
import type { Numbered } from './numbered.js'
import { enqueue } from './outbound.js'
import { updateCustomer } from './upkeep.js'

/** Unseen messages a stale send answers at most. */
const maxUnseen = 100

const findConversation = (db: Database, workspace: number, id: string): Conversation | undefined => {
  const row = db.get<ConversationColumns>(`select ${conversationColumns} from conversations c where c.workspace = ? and c.id = ?`, [workspace, id])
  return row === undefined ? undefined : conversationFrom(row)
}

const rowOf = (db: Database, workspace: number, conversation: string): Omit<ConversationRow, 'readCount'> => {
  const row = db.get<InboxColumns>(`${selectInbox} where c.workspace = :workspace and c.id = :conversation`, { workspace, conversation, reader: '' })
  if (row === undefined) throw new Error('The conversation that was changed is not there')
  return inboxRowFrom(row)
}

type Row = Omit<ConversationRow, 'readCount'>

const shown = ({ conversation, lastMessage }: Row) => ({ conversation, lastMessage })

const changed = (
  db: Database, workspace: number, conversation: string, at: number, change: (row: Row) => WorkspaceChange,
): Extract<Changed, { readonly outcome: 'changed' }> => {
  const row = rowOf(db, workspace, conversation)
  return { outcome: 'changed', row, event: appendToLog(db, workspace, at, change(row)) }
}

const authorOf = ({ author, type }: Numbered<NewMessage>, conversation: Conversation): string => {
  if (author !== undefined) return userAuthor(author)
  if (type === 'customer') return `customer:${String(conversation.customerId)}`
  return type === 'AI' ? 'ai' : `source:${conversation.source}`
}

const selectMessage = `select ${messageColumns} from messages m`

export const sendMessage = (db: Database, ask: Numbered<NewMessage>): SendResult => {
  const conversation = findConversation(db, ask.workspace, ask.conversation)
  if (conversation === undefined) return { outcome: 'not_found' }
  const author = authorOf(ask, conversation)
  const { key, after } = ask
  const known = key === undefined ? undefined : db.get<MessageColumns>(`${selectMessage} where m.author = ? and m.client_key = ?`, [author, key])
  if (known !== undefined) {
    const message = messageFrom(known)
    return isSameSend(message, ask) ? { outcome: 'repeated', message } : { outcome: 'key_reused' }
  }
  if (after !== undefined && conversation.lastSeq > after) {
    const unseen = db.all<MessageColumns>(`${selectMessage} where m.conversation = ? and m.seq > ? order by m.seq limit ?`, [conversation.id, after, maxUnseen])
    return { outcome: 'stale', unseen: unseen.map(messageFrom) }
  }
  return { outcome: 'stored', ...storeMessage(db, ask, conversation, author) }
}

type NewContent = Pick<Numbered<NewMessage>, 'workspace' | 'type' | 'author' | 'key' | 'content' | 'marks' | 'outbound' | 'at'> & {
  readonly contentType?: ContentType
  readonly mediaUrl?: string | undefined
}

/** Stores a message with the next `seq` and tells the log. */
export const storeMessage = (
  db: Database,
  ask: NewContent,
  conversation: Conversation,
  author: string,
): { readonly message: Message; readonly event: WorkspaceEvent } => {
  const fromCustomer = ask.type === 'customer' ? 1 : 0
  const content = storableText(ask.content)
  const message: Message = {
    id: publicId(),
    conversation: conversation.id,
    seq: conversation.lastSeq + 1,
    customerCount: conversation.customerCount + fromCustomer,
    type: ask.type,
    author: ask.author,
    content,
    isAiResponse: ask.type === 'AI',
    isAnswered: false,
    contentType: ask.contentType ?? 'text',
    mediaUrl: ask.mediaUrl,
    mediaFile: undefined,
    transcription: undefined,
    processingStatus: 'completed',
    feedback: { value: 'none', comment: '', at: undefined },
    marks: ask.marks,
    createdAt: ask.at,
  }
  db.run(
    `insert into messages (id, conversation, seq, type, author, client_key, customer, content, is_ai_response, message_type, media_url, metadata,
       customer_count, search_text, created_at)
     values (:id, :conversation, :seq, :type, :author, :key, :customer, :content, :ai, :contentType, :mediaUrl, :metadata,
       :customerCount, :search, :at)`,
    {
      id: message.id,
      conversation: message.conversation,
      seq: message.seq,
      type: message.type,
      author,
      key: ask.key ?? null,
      customer: conversation.customerId,
      content,
      ai: message.isAiResponse ? 1 : 0,
      contentType: message.contentType,
      mediaUrl: message.mediaUrl ?? null,
      metadata: (ask.marks?.length ?? 0) === 0 ? null : JSON.stringify({ marks: ask.marks }),
      customerCount: message.customerCount,
      search: searchText(content),
      at: toMicros(ask.at),
    },
  )
  const next: Conversation = {
    ...conversation,
    lastSeq: message.seq,
    customerCount: message.customerCount,
    unansweredCount: conversation.unansweredCount + fromCustomer,
    updatedAt: Math.max(conversation.updatedAt, ask.at),
  }
  db.run('update conversations set last_message_seq = ?, customer_message_count = ?, unanswered_count = ?, updated_at = ? where id = ?', [
    next.lastSeq,
    next.customerCount,
    next.unansweredCount,
    toMicros(next.updatedAt),
    next.id,
  ])
  const queued = ask.type !== 'customer' && ask.outbound?.includes(next.source) === true
  if (queued) enqueue(db, ask.workspace, next.source, message, ask.at)
  return { message, event: appendToLog(db, ask.workspace, ask.at, { type: 'message.created', message, conversation: next, ...(queued ? { queued } : {}) }) }
}

export const markRead = (db: Database, { workspace, conversation: id, userId, upTo, at }: Numbered<ReadAsk>): Changed => {
  const conversation = findConversation(db, workspace, id)
  if (conversation === undefined) return { outcome: 'not_found' }
  const seq = Math.min(upTo, conversation.lastSeq)
  const mark = db.get<{ seq: number }>('select seq from read_marks where conversation = ? and user_id = ?', [id, userId])
  if (seq <= (mark?.seq ?? 0)) return { outcome: 'unchanged' }
  const read = db.get<{ count: number }>('select customer_count as count from messages where conversation = ? and seq = ?', [id, seq])
  const readCount = read?.count ?? 0
  db.run(
    `insert into read_marks (conversation, user_id, seq, customer_count, updated_at) values (?, ?, ?, ?, ?)
     on conflict (conversation, user_id) do update set seq = excluded.seq, customer_count = excluded.customer_count, updated_at = excluded.updated_at`,
    [id, userId, seq, readCount, toMicros(at)],
  )
  return changed(db, workspace, id, at, () => ({ type: 'conversation.read', conversation: id, userId, upTo: seq, readCount }))
}

export const markAnswered = (db: Database, { workspace, conversation: id, userId, upTo, at }: Numbered<ReadAsk>): Changed => {
  const conversation = findConversation(db, workspace, id)
  if (conversation === undefined) return { outcome: 'not_found' }
  // While the AI answers, only what it has answered counts; the last of its messages is what that is up to.
  const lastAi = db.get<{ seq: number | null }>(`select max(seq) as seq from messages where conversation = ? and type = 'AI'`, [id])
  const until = Math.min(upTo, conversation.status === 'active' ? (lastAi?.seq ?? 0) : conversation.lastSeq)
  const { changes } = db.run(`update messages set is_answered = 1 where conversation = ? and type = 'customer' and is_answered = 0 and seq <= ?`, [id, until])
  if (changes === 0) return { outcome: 'unchanged' }
  db.run('update conversations set unanswered_count = unanswered_count - ? where id = ?', [changes, id])
  return changed(db, workspace, id, at, (row) => ({ type: 'conversation.answered', ...shown(row), upTo: until, by: userId }))
}

export const giveFeedback = (db: Database, ask: Numbered<FeedbackAsk>): FeedbackResult => {
  const row = db.get<MessageColumns>(`${selectMessage} join conversations c on c.id = m.conversation where m.id = ? and c.workspace = ?`, [ask.message, ask.workspace])
  if (row === undefined) return { outcome: 'not_found' }
  if (ask.conversation !== undefined && row.m_conversation !== ask.conversation) return { outcome: 'not_found' }
  if (row.m_type !== 'AI') return { outcome: 'not_ai' }
  const feedback = { value: ask.value, comment: storableText(ask.comment), at: ask.at }
  db.run('update messages set feedback = ?, feedback_comment = ?, feedback_at = ? where id = ?', [
    feedback.value,
    feedback.comment,
    toMicros(ask.at),
    ask.message,
  ])
  const event = appendToLog(db, ask.workspace, ask.at, { type: 'message.feedback', message: row.m_id, conversation: row.m_conversation, feedback })
  return { outcome: 'stored', message: { ...messageFrom(row), feedback }, event }
}

/** Changes the tags that are named, of the customer of a conversation. */
const tag = (db: Database, { workspace, tags, by, at, auditedFrom }: Numbered<UpdateAsk>, customer: number): WorkspaceEvent | undefined => {
  const tagged = tags === undefined ? undefined : updateCustomer(db, { workspace, customer, tags, by, at, auditedFrom })
  return tagged?.outcome === 'changed' ? tagged.event : undefined
}

export const updateConversation = (db: Database, ask: Numbered<UpdateAsk>): Updated => {
  const conversation = findConversation(db, ask.workspace, ask.conversation)
  if (conversation === undefined) return { outcome: 'not_found' }
  // Whoever has it already may keep it, so that a client that sends all fields back changes the others.
  if (typeof ask.assignee === 'string' && ask.assignee !== conversation.assignee && !isMember(db, ask.workspace, ask.assignee)) return { outcome: 'no_assignee' }
  const wanted: Conversation = {
    ...conversation,
    status: ask.status ?? conversation.status,
    priority: ask.priority ?? conversation.priority,
    assignee: ask.assignee === undefined ? conversation.assignee : (ask.assignee ?? undefined),
  }
  const same = wanted.status === conversation.status && wanted.priority === conversation.priority && wanted.assignee === conversation.assignee
  const tagged = tag(db, ask, conversation.customerId)
  if (same) return { outcome: 'unchanged', tagged }
  const next: Conversation = { ...wanted, updatedAt: Math.max(conversation.updatedAt, ask.at) }
  db.run('update conversations set status = ?, priority = ?, assignee = ?, updated_at = ? where id = ?', [
    next.status,
    next.priority,
    next.assignee ?? null,
    toMicros(next.updatedAt),
    next.id,
  ])
  auditMember(db, {
    ...ask, action: 'conversation.change', subject: `conversation:${next.id}`, before: { workspace: ask.workspace, ...standing(conversation) }, after: standing(next),
  })
  const { row, event } = changed(db, ask.workspace, next.id, ask.at, (now) => ({ type: 'conversation.changed', ...shown(now) }))
  return { outcome: 'changed', row, event, tagged }
}

const standing = ({ status, priority, assignee }: Conversation) => ({ status, priority, assignee })

const isMember = (db: Database, workspace: number, userId: string): boolean =>
  db.get('select 1 from workspace_members m join users u on u.id = m.user_id and u.active = 1 where m.workspace = ? and m.user_id = ? and m.active = 1', [workspace, userId]) !== undefined
