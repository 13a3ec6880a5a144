import type { ConversationItem, CustomerItem, CustomerRowItem, FeedbackItem, InboxItem, MessageItem } from '../../protocol/item.js'
import type { ConversationRow, CustomerRow } from '../lists.js'
import type { Conversation, Customer, Feedback, Message } from '../records.js'

export const feedbackItem = ({ value, comment, at }: Feedback): FeedbackItem => ({ value, comment, at: at ?? null })

export const messageItem = (message: Message): MessageItem => ({
  id: message.id,
  conversation: message.conversation,
  seq: message.seq,
  customerCount: message.customerCount,
  type: message.type,
  author: message.author ?? null,
  content: message.content,
  contentType: message.contentType,
  mediaUrl: message.mediaUrl ?? null,
  transcription: message.transcription ?? null,
  feedback: feedbackItem(message.feedback),
  marks: message.marks ?? [],
  answered: message.isAnswered,
  createdAt: message.createdAt,
})

export const customerItem = (customer: Customer): CustomerItem => ({
  id: customer.id,
  firstName: customer.firstName ?? null,
  lastName: customer.lastName ?? null,
  username: customer.username ?? null,
  email: customer.email ?? null,
  phoneNumber: customer.phoneNumber ?? null,
  description: customer.description ?? null,
  source: customer.source,
  profilePicture: customer.profilePicture ?? null,
  tags: customer.tags.map(({ id, name }) => ({ id, name })),
  createdAt: customer.createdAt,
  updatedAt: customer.updatedAt,
})

export const conversationItem = (conversation: Conversation): ConversationItem => ({
  id: conversation.id,
  customerId: conversation.customerId,
  title: conversation.title,
  status: conversation.status,
  source: conversation.source,
  priority: conversation.priority,
  assignee: conversation.assignee ?? null,
  createdAt: conversation.createdAt,
  updatedAt: conversation.updatedAt,
  lastSeq: conversation.lastSeq,
  customerCount: conversation.customerCount,
  unanswered: conversation.unansweredCount,
})

export const lastMessageItem = (message: Message | undefined): MessageItem | null => (message === undefined ? null : messageItem(message))

export const inboxItem = ({ conversation, customer, lastMessage, readCount }: ConversationRow): InboxItem => ({
  ...conversationItem(conversation),
  customer: customerItem(customer),
  lastMessage: lastMessageItem(lastMessage),
  readCount,
  unread: Math.max(0, conversation.customerCount - readCount),
})

export const customerRowItem = ({ customer, conversations }: CustomerRow): CustomerRowItem => ({
  ...customerItem(customer),
  conversations: conversations.map(({ conversation, lastMessage }) => ({ ...conversationItem(conversation), lastMessage: lastMessageItem(lastMessage) })),
})
