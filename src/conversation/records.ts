import type { Role } from '../admission/user.js'

/** Where a customer writes from: `unknown`, `telegram`, `instagram`, or the name of a connector; 1 to 40 characters. */
export type Source = string

export const conversationStatuses = ['active', 'support_active', 'marketing_active', 'closed'] as const
/** Who answers: `active` the AI, `support_active` and `marketing_active` a person, `closed` nobody. */
export type ConversationStatus = (typeof conversationStatuses)[number]

export const messageTypes = ['customer', 'AI', 'support', 'marketing'] as const
/** Who wrote a message. */
export type MessageType = (typeof messageTypes)[number]

export const contentTypes = ['text', 'voice', 'image', 'video', 'share'] as const
export type ContentType = (typeof contentTypes)[number]

export const processingStatuses = ['completed', 'pending', 'processing', 'failed'] as const
export type ProcessingStatus = (typeof processingStatuses)[number]

export const messageMarks = ['content_too_long', 'potential_spam'] as const
/** What the advisory rules noticed about a message; it was stored and delivered all the same. */
export type MessageMark = (typeof messageMarks)[number]

export const feedbackValues = ['none', 'positive', 'negative'] as const
export type FeedbackValue = (typeof feedbackValues)[number]

/** Tags a connector sets by itself; they are filtered by, but never shown on a customer. */
export const systemTags: ReadonlySet<string> = new Set(['Telegram', 'Whatsapp', 'Instagram'])

/** What belongs to one business; nothing in it is ever seen from another. */
export interface Workspace {
  readonly id: string
  readonly name: string
  /** Names this history of the log; a restored or recreated database has another one, and offsets of the old one mean nothing in it. */
  readonly epoch: string
}

/** A user's place in a workspace. */
export interface Member {
  readonly userId: string
  readonly workspace: string
  readonly role: Exclude<Role, 'customer'>
}

export interface Tag {
  readonly id: number
  /** At most 100 characters; unique in its workspace. */
  readonly name: string
  /** Epoch milliseconds. */
  readonly createdAt: number | undefined
  /** User id. */
  readonly createdBy: string | undefined
}

/** Whom the business talks to; belongs to one workspace, unique in it by source and source id. */
export interface Customer {
  readonly id: number
  readonly firstName: string | undefined
  readonly lastName: string | undefined
  readonly username: string | undefined
  readonly email: string | undefined
  readonly phoneNumber: string | undefined
  readonly description: string | undefined
  readonly source: Source
  readonly sourceId: string | undefined
  /** Absolute URL. */
  readonly profilePicture: string | undefined
  readonly tags: readonly Tag[]
  /** A JSON object of the business's own. */
  readonly data: Readonly<Record<string, unknown>>
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds. */
  readonly updatedAt: number
}

export interface Conversation {
  /** 10 base57 characters; imported ones have 6. */
  readonly id: string
  readonly customerId: number
  readonly title: string
  readonly status: ConversationStatus
  readonly isActive: boolean
  readonly source: Source
  /** 0 or more, default 1. */
  readonly priority: number
  /** User id of the agent it is assigned to. */
  readonly assignee: string | undefined
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds; every change touches it, a message too. */
  readonly updatedAt: number
  /** `seq` of the newest message, 0 when there is none. */
  readonly lastSeq: number
  /** How many messages the customer has written so far. */
  readonly customerCount: number
  /** Customer messages nobody has answered or marked as read; `unread_count` of the classic dialect. */
  readonly unansweredCount: number
}

export interface Feedback {
  readonly value: FeedbackValue
  /** At most 500 characters. */
  readonly comment: string
  /** Epoch milliseconds, `undefined` when there never was any. */
  readonly at: number | undefined
}

export interface Message {
  /** 10 base57 characters; imported ones have 6. */
  readonly id: string
  readonly conversation: string
  /** Place in its conversation: 1, 2, 3, without gaps. The only order there is. */
  readonly seq: number
  /** How many customer messages there were up to and including this one. */
  readonly customerCount: number
  readonly type: MessageType
  /** User id of the agent who wrote it; `undefined` for customers and the AI. */
  readonly author: string | undefined
  readonly content: string
  readonly isAiResponse: boolean
  /** For customer messages: somebody has answered it or marked it as read. */
  readonly isAnswered: boolean
  readonly contentType: ContentType
  readonly mediaUrl: string | undefined
  readonly mediaFile: string | undefined
  readonly transcription: string | undefined
  readonly processingStatus: ProcessingStatus
  readonly feedback: Feedback
  /** `undefined` when nothing was noticed. */
  readonly marks?: readonly MessageMark[] | undefined
  /** Epoch milliseconds. */
  readonly createdAt: number
}
