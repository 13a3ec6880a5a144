import type { WorkspaceEvent } from './log.js'
import type { ContentType, ConversationStatus, Message, MessageMark, Source } from './records.js'
import type { CustomerFields } from './upkeep.js'

/** What a connector says about who wrote; a field that is `undefined` leaves what is known. */
export interface InboundCustomer extends Pick<CustomerFields, 'firstName' | 'lastName' | 'username' | 'email' | 'phoneNumber'> {
  /** His id at the source, 1 to 90 characters. */
  readonly sourceId: string
}

/** A message of a customer, as a connector brings it. */
export interface InboundMessage {
  readonly workspace: string
  readonly source: Source
  readonly customer: InboundCustomer
  /** Id of the message at the source, 1 to 256 characters, unique per customer: the same again stores nothing. */
  readonly key: string
  /** At most 10,000 characters; empty only beside a medium. */
  readonly content: string
  readonly contentType: ContentType
  /** Absolute URL. */
  readonly mediaUrl: string | undefined
  readonly marks?: readonly MessageMark[] | undefined
  /** Whether an AI answers this source: a new conversation is `active` then, where the workspace's owner wants the AI to answer. */
  readonly aiAnswers: boolean
  /** Epoch milliseconds. */
  readonly at: number
}

export type InboundResult =
  /** The events in the order of the log: of the customer when he is new or has changed, then of the message. */
  | { readonly outcome: 'stored'; readonly message: Message; readonly status: ConversationStatus; readonly events: readonly WorkspaceEvent[] }
  | { readonly outcome: 'repeated'; readonly message: Message }
  /** The customer's message of this key is another one. */
  | { readonly outcome: 'key_reused' }
  | { readonly outcome: 'no_workspace' }

/** Takes in what customers write elsewhere. */
export interface Inbound {
  /**
   * Stores a customer's message in one transaction, making the customer when he is new, and a conversation when he has none of this source
   * that is not closed.
   */
  receive(message: InboundMessage): Promise<InboundResult>
}

/** Title of a new conversation, as the old service wrote it. At most 100 characters. */
export const conversationTitle = (source: Source, { firstName, lastName, username }: Pick<InboundCustomer, 'firstName' | 'lastName' | 'username'>): string => {
  const name = [firstName, lastName].filter((part) => (part ?? '') !== '').join(' ')
  const account = (username ?? '') === '' ? '' : ` (@${username ?? ''})`
  return Array.from(`${source} - ${name}${account} | ${source}`).slice(0, 100).join('')
}

/** Whether a message that comes again is the one that is stored. */
export const isSame = (stored: Message, { content, contentType, mediaUrl }: Pick<InboundMessage, 'content' | 'contentType' | 'mediaUrl'>): boolean =>
  stored.content === content && stored.contentType === contentType && stored.mediaUrl === mediaUrl
