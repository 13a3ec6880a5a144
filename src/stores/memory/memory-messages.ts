import type { NewMessage } from '../../conversation/message-asks.js'
import type { WorkspaceEvent } from '../../conversation/log.js'
import { publicId } from '../../conversation/public-id.js'
import type { ContentType, Message } from '../../conversation/records.js'
import { storableText } from '../../conversation/storable-text.js'
import { append, type MemoryConversation, type MemoryWorkspace } from './memory-workspace.js'

type NewContent = Pick<NewMessage, 'type' | 'author' | 'content' | 'marks' | 'outbound' | 'at'> & {
  readonly contentType?: ContentType
  readonly mediaUrl?: string | undefined
}

/** Stores a message with the next `seq` and tells the log. */
export const storeMessage = (
  held: MemoryWorkspace,
  entry: MemoryConversation,
  ask: NewContent,
  key: string | undefined,
): { readonly message: Message; readonly event: WorkspaceEvent } => {
  const fromCustomer = ask.type === 'customer' ? 1 : 0
  const { record } = entry
  const message: Message = {
    id: publicId(),
    conversation: record.id,
    seq: record.lastSeq + 1,
    customerCount: record.customerCount + fromCustomer,
    type: ask.type,
    author: ask.author,
    content: storableText(ask.content),
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
  entry.messages.push(message)
  entry.record = {
    ...record,
    lastSeq: message.seq,
    customerCount: message.customerCount,
    unansweredCount: record.unansweredCount + fromCustomer,
    updatedAt: Math.max(record.updatedAt, ask.at),
  }
  if (key !== undefined) held.keys.set(key, message)
  const queued = ask.type !== 'customer' && ask.outbound?.includes(record.source) === true
  if (queued) held.outbound.push({ message: message.id, conversation: record.id, source: record.source, queuedAt: ask.at, attempts: 0, dueAt: ask.at })
  return { message, event: append(held, ask.at, { type: 'message.created', message, conversation: entry.record, ...(queued ? { queued } : {}) }) }
}
