import type { ConversationRow } from '../../conversation/lists.js'
import { previewCharacters } from '../../conversation/page-bounds.js'
import {
  messageMarks, type ContentType, type Conversation, type ConversationStatus, type Customer, type FeedbackValue, type Message, type MessageMark,
  type MessageType, type ProcessingStatus, type Tag,
} from '../../conversation/records.js'

// Rows as the selects below answer them. Every name is prefixed, so that one row can hold a conversation, its customer and a message.

export interface ConversationColumns {
  readonly c_id: string
  readonly c_customer: number
  readonly c_title: string | null
  readonly c_status: ConversationStatus
  readonly c_is_active: 0 | 1
  readonly c_source: string
  readonly c_priority: number
  readonly c_assignee: string | null
  readonly c_created_at: number
  readonly c_updated_at: number
  readonly c_last_seq: number
  readonly c_customer_count: number
  readonly c_unanswered: number
}

export const conversationColumns = `c.id as c_id, c.customer as c_customer, c.title as c_title, c.status as c_status, c.is_active as c_is_active,
  c.source as c_source, c.priority as c_priority, c.assignee as c_assignee, c.created_at as c_created_at, c.updated_at as c_updated_at,
  c.last_message_seq as c_last_seq, c.customer_message_count as c_customer_count, c.unanswered_count as c_unanswered`

export interface CustomerColumns {
  readonly u_id: number
  readonly u_first_name: string | null
  readonly u_last_name: string | null
  readonly u_username: string | null
  readonly u_email: string | null
  readonly u_phone_number: string | null
  readonly u_description: string | null
  readonly u_source: string
  readonly u_source_id: string | null
  readonly u_profile_picture: string | null
  readonly u_data: string
  readonly u_created_at: number
  readonly u_updated_at: number
  /** JSON list of `TagRow`. */
  readonly u_tags: string
}

export interface TagRow {
  readonly id: number
  readonly name: string
  readonly created_at: number | null
  readonly created_by: string | null
}

export const customerColumns = `u.id as u_id, u.first_name as u_first_name, u.last_name as u_last_name, u.username as u_username, u.email as u_email,
  u.phone_number as u_phone_number, u.description as u_description, u.source as u_source, u.source_id as u_source_id,
  u.profile_picture as u_profile_picture, u.data as u_data, u.created_at as u_created_at, u.updated_at as u_updated_at,
  (select json_group_array(json_object('id', t.id, 'name', t.name, 'created_at', t.created_at, 'created_by', t.created_by) order by t.id)
   from customer_tags ut join tags t on t.id = ut.tag where ut.customer = u.id) as u_tags`

export interface MessageColumns {
  readonly m_id: string
  readonly m_conversation: string
  readonly m_seq: number
  readonly m_type: MessageType
  readonly m_author: string
  readonly m_content: string
  readonly m_is_ai_response: 0 | 1
  readonly m_is_answered: 0 | 1
  readonly m_message_type: ContentType
  readonly m_media_file: string | null
  readonly m_media_url: string | null
  readonly m_transcription: string | null
  readonly m_processing_status: ProcessingStatus
  readonly m_feedback: FeedbackValue
  readonly m_feedback_comment: string
  readonly m_feedback_at: number | null
  readonly m_marks: string | null
  readonly m_customer_count: number
  readonly m_created_at: number
}

export const messageColumns = `m.id as m_id, m.conversation as m_conversation, m.seq as m_seq, m.type as m_type, m.author as m_author,
  m.content as m_content, m.is_ai_response as m_is_ai_response, m.is_answered as m_is_answered, m.message_type as m_message_type,
  m.media_file as m_media_file, m.media_url as m_media_url, m.transcription as m_transcription, m.processing_status as m_processing_status,
  m.feedback as m_feedback, m.feedback_comment as m_feedback_comment, m.feedback_at as m_feedback_at, m.metadata ->> '$.marks' as m_marks, m.customer_count as m_customer_count,
  m.created_at as m_created_at`

/** The same for lists, which show only the beginning of a message. */
export const previewColumns = messageColumns.replace('m.content as', `substr(m.content, 1, ${String(previewCharacters)}) as`)

/** The message columns of an outer join that may have found none. */
export type MaybeMessage = MessageColumns | (Partial<MessageColumns> & { readonly m_id: null })

// Columns are microseconds, records milliseconds; a fraction keeps what imported rows have below the millisecond.
export const fromMicros = (micros: number): number => micros / 1_000
export const toMicros = (ms: number): number => Math.round(ms * 1_000)

const optional = <T>(value: T | null): T | undefined => value ?? undefined

export const conversationFrom = (row: ConversationColumns): Conversation => ({
  id: row.c_id,
  customerId: row.c_customer,
  title: row.c_title ?? '',
  status: row.c_status,
  isActive: row.c_is_active === 1,
  source: row.c_source,
  priority: row.c_priority,
  assignee: optional(row.c_assignee),
  createdAt: fromMicros(row.c_created_at),
  updatedAt: fromMicros(row.c_updated_at),
  lastSeq: row.c_last_seq,
  customerCount: row.c_customer_count,
  unansweredCount: row.c_unanswered,
})

export const tagFrom = (row: TagRow): Tag => ({
  id: row.id,
  name: row.name,
  createdAt: row.created_at === null ? undefined : fromMicros(row.created_at),
  createdBy: optional(row.created_by),
})

const tagsFrom = (json: string): readonly Tag[] => {
  // The list was made by `json_group_array` over strict columns, in the select above.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the list was made by the select above
  const rows = JSON.parse(json) as readonly TagRow[]
  return rows.map(tagFrom)
}

const objectFrom = (json: string): Readonly<Record<string, unknown>> => {
  const value: unknown = JSON.parse(json)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

export const customerFrom = (row: CustomerColumns): Customer => ({
  id: row.u_id,
  firstName: optional(row.u_first_name),
  lastName: optional(row.u_last_name),
  username: optional(row.u_username),
  email: optional(row.u_email),
  phoneNumber: optional(row.u_phone_number),
  description: optional(row.u_description),
  source: row.u_source,
  sourceId: optional(row.u_source_id),
  profilePicture: optional(row.u_profile_picture),
  tags: tagsFrom(row.u_tags),
  data: objectFrom(row.u_data),
  createdAt: fromMicros(row.u_created_at),
  updatedAt: fromMicros(row.u_updated_at),
})

/** How the `author` column names an agent. */
export const userAuthor = (userId: string): string => `user:${userId}`

const marksFrom = (json: string): readonly MessageMark[] => {
  const list: unknown = JSON.parse(json)
  return Array.isArray(list) ? messageMarks.filter((mark) => list.includes(mark)) : []
}

export const messageFrom = (row: MessageColumns): Message => ({
  id: row.m_id,
  conversation: row.m_conversation,
  seq: row.m_seq,
  customerCount: row.m_customer_count,
  type: row.m_type,
  author: row.m_author.startsWith('user:') ? row.m_author.slice('user:'.length) : undefined,
  content: row.m_content,
  isAiResponse: row.m_is_ai_response === 1,
  isAnswered: row.m_is_answered === 1,
  contentType: row.m_message_type,
  mediaUrl: optional(row.m_media_url),
  mediaFile: optional(row.m_media_file),
  transcription: optional(row.m_transcription),
  processingStatus: row.m_processing_status,
  feedback: {
    value: row.m_feedback,
    comment: row.m_feedback_comment,
    at: row.m_feedback_at === null ? undefined : fromMicros(row.m_feedback_at),
  },
  marks: row.m_marks === null ? undefined : marksFrom(row.m_marks),
  createdAt: fromMicros(row.m_created_at),
})

export const lastMessageFrom = (row: MaybeMessage): Message | undefined => (row.m_id === null ? undefined : messageFrom(row))

const inboxColumns = (message: string): string =>
  `${conversationColumns}, ${customerColumns}, ${message}, coalesce(r.customer_count, 0) as read_count`

const inboxJoins = `join customers u on u.id = c.customer
  left join messages m on m.conversation = c.id and m.seq = c.last_message_seq
  left join read_marks r on r.conversation = c.id and r.user_id = :reader`

/** One row of the inbox as one row of SQL: goes on with `where`. Needs `:reader`. */
export const selectInbox = `select ${inboxColumns(messageColumns)} from conversations c ${inboxJoins}`

/** The same for the conversations whose ids are in a table `page (id)`. */
export const selectInboxPage = `select ${inboxColumns(previewColumns)} from page p cross join conversations c on c.id = p.id ${inboxJoins}`

export type InboxColumns = ConversationColumns & CustomerColumns & MaybeMessage & { readonly read_count: number }

export const inboxRowFrom = (row: InboxColumns): ConversationRow => ({
  conversation: conversationFrom(row),
  customer: customerFrom(row),
  lastMessage: lastMessageFrom(row),
  readCount: row.read_count,
})
