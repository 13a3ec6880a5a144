import type { ConversationRow, CustomerConversation, CustomerRow } from '../conversation/lists.js'
import { systemTags, type Customer, type Message } from '../conversation/records.js'
import { offsetTime, zuluTime } from '../protocol/classic-time.js'

// Field names, their order, and which of the two time formats stands where are those of the old service; clients read them by name, and some
// compare texts. Names of one thing differ between shapes (`tag` and `tags`) because they always did.

const model = (atMs: number): string => zuluTime(Math.round(atMs * 1000))
const handMade = (atMs: number): string => offsetTime(Math.round(atMs * 1000))
const modelOrNull = (atMs: number | undefined): string | null => (atMs === undefined ? null : model(atMs))
const handMadeOrNull = (atMs: number | undefined): string | null => (atMs === undefined ? null : handMade(atMs))

/** User ids were numbers; an id that is none stays text. */
export const idOf = (userId: string): number | string => (/^(?:0|[1-9]\d{0,14})$/u.test(userId) ? Number(userId) : userId)

const visibleTags = (customer: Customer): Customer['tags'] => customer.tags.filter(({ name }) => !systemTags.has(name))

/** A customer inside conversations and messages. */
const customerA = (customer: Customer): object => ({
  id: customer.id,
  first_name: customer.firstName ?? null,
  last_name: customer.lastName ?? null,
  username: customer.username ?? null,
  email: customer.email ?? null,
  phone_number: customer.phoneNumber ?? null,
  description: customer.description ?? null,
  source: customer.source,
  source_id: customer.sourceId ?? null,
  profile_picture: customer.profilePicture ?? null,
  created_at: model(customer.createdAt),
  updated_at: model(customer.updatedAt),
  tag: visibleTags(customer).map(({ id, name, createdAt, createdBy }) => ({
    id,
    name,
    created_at: modelOrNull(createdAt),
    created_by: createdBy === undefined ? null : idOf(createdBy),
  })),
  data: customer.data,
})

/** One row of `conversations_list`. */
export const conversationItem = ({ conversation, customer, lastMessage }: ConversationRow): object => ({
  id: conversation.id,
  title: conversation.title,
  status: conversation.status,
  customer: customerA(customer),
  priority: conversation.priority,
  source: conversation.source,
  is_active: conversation.isActive,
  created_at: model(conversation.createdAt),
  updated_at: model(conversation.updatedAt),
  last_message: lastMessage === undefined ? null : lastMessageA(lastMessage),
  unread_count: conversation.unansweredCount,
})

const lastMessageA = ({ id, content, type, createdAt, feedback }: Message): object => ({
  id,
  content,
  type,
  created_at: handMade(createdAt),
  feedback: feedback.value,
  feedback_comment: feedback.comment,
  feedback_at: handMadeOrNull(feedback.at),
})

/** One row of `customers_list`. */
export const customerB = ({ customer, conversations }: CustomerRow): object => ({
  id: customer.id,
  first_name: customer.firstName ?? null,
  last_name: customer.lastName ?? null,
  username: customer.username ?? null,
  email: customer.email ?? null,
  phone_number: customer.phoneNumber ?? null,
  source: customer.source,
  source_id: customer.sourceId ?? null,
  profile_picture: customer.profilePicture ?? null,
  created_at: model(customer.createdAt),
  updated_at: model(customer.updatedAt),
  conversations: conversations.map(conversationOfCustomer),
  tags: visibleTags(customer).map(({ id, name }) => ({ id, name })),
  data: customer.data,
})

const conversationOfCustomer = ({ conversation, lastMessage }: CustomerConversation): object => ({
  id: conversation.id,
  title: conversation.title,
  status: conversation.status,
  source: conversation.source,
  priority: conversation.priority,
  is_active: conversation.isActive,
  created_at: handMade(conversation.createdAt),
  updated_at: handMade(conversation.updatedAt),
  last_message: lastMessage === undefined ? null : lastMessageB(lastMessage),
  unread_count: conversation.unansweredCount,
})

const lastMessageB = ({ id, content, type, isAiResponse, createdAt, feedback }: Message): object => ({
  id,
  content,
  type,
  is_ai_response: isAiResponse,
  created_at: handMade(createdAt),
  feedback: feedback.value,
  feedback_comment: feedback.comment,
  feedback_at: handMadeOrNull(feedback.at),
})

/** One message of `recent_messages`, `chat_message` and `ai_message`. */
export const messageItem = (message: Message, customer: Customer | undefined): object => ({
  id: message.id,
  content: message.content,
  type: message.type,
  customer: customer === undefined ? null : customerA(customer),
  conversation_id: message.conversation,
  is_ai_response: message.isAiResponse,
  is_answered: message.isAnswered,
  created_at: model(message.createdAt),
  feedback: message.feedback.value,
  feedback_comment: message.feedback.comment,
  feedback_at: modelOrNull(message.feedback.at),
  message_type: message.contentType,
  media_url: message.mediaUrl ?? null,
  media_file: message.mediaFile ?? null,
  processing_status: message.processingStatus,
  transcription: message.transcription ?? null,
})
