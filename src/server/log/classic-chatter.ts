import type { ClassicLine } from './classic-line.js'
import type { LogEvent } from './log-event.js'

const consumers = 'message.consumers'

const debug = (text: string): ClassicLine => ({ logger: consumers, level: 'debug', text })

type Chatter = Extract<LogEvent, { event: 'session_opened' | 'session_closed' | 'list_sent' | 'options_sent' | 'presence' | 'told' }>

const place = ({ endpoint, conversation }: { readonly endpoint: string; readonly conversation?: string | undefined }): string => {
  if (conversation !== undefined) return `conversation ${conversation}`
  if (endpoint === 'conversations') return 'conversation list'
  return endpoint === 'customers' ? 'customer list' : endpoint
}

const listNames = { conversations: 'conversations', customers: 'customers with conversation data and tags', messages: 'recent messages' } as const

const told = { ai_message: 'Sent AI message to chat room for conversation', conversation_deleted: 'Notified conversation deletion:', feedback: 'Notified feedback update for message' } as const

/** What the old service said about every socket while it was open. */
export const chatterLines = (event: Chatter): readonly ClassicLine[] => {
  switch (event.event) {
    case 'session_opened': {
      const { userId } = event
      const where = place(event)
      const how = event.development === true ? `Development mode: Using default user ${userId} for ${where}` : `User ${userId} authenticated via token for ${where}`
      return [debug(`User ${userId} connecting to ${where}`), debug(how), debug(`User ${userId} connected to ${where}`)]
    }
    case 'session_closed':
      return [debug(`User ${event.userId} disconnecting from ${place(event)}`)]
    case 'list_sent': {
      const { userId, list, rows, total, page, filters } = event
      return [debug(`Sent ${String(rows)}/${String(total)} ${listNames[list]} to user ${userId} (page ${String(page)})${filters === undefined ? '' : ` with filters: ${filters}`}`)]
    }
    case 'options_sent':
      return [debug(`Sent ${event.endpoint === 'conversations' ? 'conversation ' : ''}filter options to user ${event.userId}`)]
    case 'presence':
      return [debug(`User ${event.userId} marked as ${event.online ? 'online' : 'offline'} for conversation ${event.conversation}`)]
    case 'told':
      return [debug(`${told[event.change]} ${event.subject}`)]
  }
}
