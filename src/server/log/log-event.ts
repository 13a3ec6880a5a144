/** One thing that happened, as the log knows it. Values a stranger sent are escaped and cut when they are written. */
export type LogEvent =
  | {
      readonly event: 'admission'
      readonly outcome: 'admitted' | 'denied'
      readonly reason: string | undefined
      readonly decisionId: string
      readonly userId: string | undefined
      readonly address: string | undefined
      readonly endpoint: string | undefined
      readonly path: string
      readonly durationMs: number
      readonly development: boolean
      readonly step: string | undefined
      /** What was wrong, for operators; of a token only its preview. */
      readonly detail: string | undefined
      /** Of the user who was let in; only in the classic format, whose lines show it. */
      readonly email?: string | undefined
    }
  | { readonly event: 'session_closed'; readonly sessionId: string; readonly userId: string; readonly endpoint: string; readonly conversation?: string | undefined; readonly reason: string; readonly code: number; readonly durationMs: number }
  | { readonly event: 'session_opened'; readonly sessionId: string; readonly userId: string; readonly development?: boolean; readonly endpoint: string; readonly conversation?: string | undefined }
  /** One message more than its user may send; it was not stored. */
  | { readonly event: 'message_limited'; readonly userId: string }
  /** A number in the URL of a list that is none. */
  | { readonly event: 'bad_parameter'; readonly name: string; readonly value: string }
  /** Filters of a list over what its URL says; only in the classic format. */
  | { readonly event: 'filters_merged'; readonly url: string; readonly filters: string; readonly result: string }
  /** The page a request chose, and what it said of it that is no number; only in the classic format. */
  | { readonly event: 'paged'; readonly pageSize: number; readonly page: number; readonly offset: number }
  | { readonly event: 'bad_paging'; readonly name: 'page_size' | 'page' | 'offset'; readonly value: string }
  | { readonly event: 'malformed'; readonly reason: string; readonly decisionId: string; readonly detail: string | undefined }
  /** A connection was dropped unanswered, for all descriptors that may be used for connections are in use. */
  | { readonly event: 'connection_dropped'; readonly connections: number }
  | { readonly event: 'ban_added' | 'ban_lifted'; readonly subject: string; readonly hours: number | undefined; readonly actor: string }
  | { readonly event: 'operation'; readonly action: string; readonly actor: string; readonly target: string }
  | { readonly event: 'login'; readonly action: string; readonly outcome: string; readonly userId: string | undefined; readonly address: string }
  | { readonly event: 'ladder'; readonly outcome: string; readonly subject: string }
  | { readonly event: 'store'; readonly store: string; readonly state: 'away' | 'back'; readonly detail: string | undefined }
  | { readonly event: 'keys'; readonly issuer: string; readonly state: 'changed' | 'away' | 'back' | 'reloaded' | 'refused'; readonly detail: string | undefined }
  | {
      readonly event: 'failure'
      readonly task: string
      readonly detail: string
      /** What a classic request was about, whose, and whether the store was only too slow. */
      readonly doing?: string
      readonly userId?: string | undefined
      readonly late?: boolean
    }
  /** A list that a classic socket was sent because it opened or asked. */
  | { readonly event: 'list_sent'; readonly userId: string; readonly list: 'conversations' | 'customers' | 'messages'; readonly rows: number; readonly total: number; readonly page: number; readonly filters: string | undefined }
  | { readonly event: 'options_sent'; readonly endpoint: string; readonly userId: string }
  /** An agent came into a conversation, or left it with his last socket. */
  | { readonly event: 'presence'; readonly userId: string; readonly conversation: string; readonly online: boolean }
  /** Sockets of a conversation were told of something. */
  | { readonly event: 'told'; readonly change: 'ai_message' | 'conversation_deleted' | 'feedback'; readonly subject: string }
  | { readonly event: 'api_refused'; readonly reason: string; readonly decisionId: string; readonly address: string; readonly detail: string | undefined }
  /** A page of an Origin that is not listed called, or asked whether it may; the id was told to it. */
  | { readonly event: 'page_refused'; readonly decisionId: string; readonly path: string; readonly origin: string | undefined }
  | { readonly event: 'inbound_refused'; readonly source: string; readonly reason: string }
  /** One try to bring a message to its connector. */
  | {
      readonly event: 'delivery'
      readonly outcome: 'delivered' | 'postponed' | 'failed'
      readonly reason: string | undefined
      readonly connector: string
      readonly source: string
      readonly workspace: string
      readonly conversation: string
      readonly message: string
      readonly attempts: number
      readonly durationMs: number
      readonly detail: string
    }
  | {
      readonly event: 'ticket'
      readonly outcome: 'issued' | 'denied'
      readonly reason: string | undefined
      readonly decisionId: string
      readonly userId: string | undefined
      readonly address: string | undefined
      readonly path: string
      readonly detail: string | undefined
    }
  | { readonly event: 'message_marked'; readonly writer: string; readonly conversation: string; readonly message: string; readonly marks: string; readonly spamScore: number }
  | { readonly event: 'blocking_call'; readonly port: string; readonly sliceMs: number; readonly remedy: string }
  | { readonly event: 'server'; readonly state: 'loading' | 'started' | 'draining' | 'stopped'; readonly detail: string | undefined }
  | { readonly event: 'warning'; readonly detail: string }
  | { readonly event: 'repeated'; readonly of: string; readonly times: number }
  | { readonly event: 'dropped'; readonly lines: number }

export const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const

export type Level = (typeof levels)[number]
