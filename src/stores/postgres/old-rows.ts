import {
  contentTypes, conversationStatuses, feedbackValues, messageTypes, processingStatuses,
} from '../../conversation/records.js'
import type { ConversationRow, CustomerRow, MessageRow, TagRow, UserRow } from '../../conversation/row-import.js'
import type { OldRow } from './old-row.js'

export const userFrom = (row: OldRow): UserRow => ({
  userId: String(row.number('id')),
  email: row.named('email'),
  username: row.text('username') || undefined,
  firstName: row.text('first_name') ?? '',
  lastName: row.text('last_name') ?? '',
  role: 'owner',
  active: row.truth('is_active', true),
  createdAt: row.optionalTime('created_at'),
})

/** @param user - Whose workspace it will be in; a name other users gave too becomes one tag. */
export const tagFrom = (row: OldRow, user: number): TagRow => ({
  name: row.named('name', 100),
  createdAt: row.optionalTime('created_at'),
  createdBy: row.truth('own', false) ? String(user) : undefined,
})

const sourceFrom = (row: OldRow): string => row.text('source', 40) || 'unknown'

export const customerFrom = (row: OldRow): CustomerRow => ({
  oldId: row.number('id'),
  firstName: row.text('first_name'),
  lastName: row.text('last_name'),
  username: row.text('username'),
  email: row.text('email'),
  phoneNumber: row.text('phone_number'),
  description: row.text('description'),
  profilePicture: row.text('profile_picture'),
  source: sourceFrom(row),
  sourceId: row.text('source_id'),
  data: row.object('data'),
  tags: row.texts('tags'),
  createdAt: row.time('created_at'),
  updatedAt: row.time('updated_at'),
})

export const conversationFrom = (row: OldRow): ConversationRow => ({
  id: row.reference('id'),
  oldCustomer: row.number('customer_id'),
  title: row.text('title') ?? '',
  status: row.oneOf('status', conversationStatuses, 'active'),
  isActive: row.truth('is_active', true),
  source: sourceFrom(row),
  priority: row.count('priority', 1),
  // Every conversation had one owner and nobody it was given to.
  assignee: undefined,
  createdAt: row.time('created_at'),
  updatedAt: row.time('updated_at'),
})

export const messageFrom = (row: OldRow, user: number): MessageRow => {
  const type = row.oneOf('type', messageTypes, 'customer')
  return {
    id: row.reference('id'),
    conversation: row.reference('conversation_id'),
    type,
    author: type === 'support' ? String(user) : undefined,
    content: row.text('content') ?? '',
    contentType: row.oneOf('message_type', contentTypes, 'text'),
    mediaUrl: row.text('media_url'),
    mediaFile: row.text('media_file') || undefined,
    transcription: row.text('transcription'),
    processingStatus: row.oneOf('processing_status', processingStatuses, 'completed'),
    isAnswered: row.truth('is_answered', false),
    feedback: row.oneOf('feedback', feedbackValues, 'none'),
    feedbackComment: row.text('feedback_comment', 500) ?? '',
    feedbackAt: row.optionalTime('feedback_at'),
    createdAt: row.time('created_at'),
  }
}
