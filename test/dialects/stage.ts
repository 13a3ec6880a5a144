import { createClassicHandler } from '../../dist/classic/classic-handler.js'
import { createFeed, type Feed } from '../../dist/conversation/feed.js'
import { createPeople } from '../../dist/conversation/people.js'
import { createMessageRate } from '../../dist/conversation/message-rate.js'
import { createModernHandler } from '../../dist/conversation/modern/modern-handler.js'
import type { Reauthentication } from '../../dist/conversation/modern/modern-options.js'
import { recordedSession, type RecordedOptions, type RecordedSession, type Said } from '../../dist/conversation/testing/recorded-session.js'
import type { Conversations } from '../../dist/conversation/conversations.js'
import { createSends } from '../../dist/conversation/sends.js'
import { seed } from '../../dist/server/seed/seed.js'
import { createSessions, defaultSessions } from '../../dist/session/sessions.js'
import type { Outbound } from '../../dist/conversation/outbound.js'
import { createMemoryConversations } from '../../dist/stores/memory/memory-conversations.js'

export const now = Date.UTC(2026, 10, 23, 8)

/** A socket of one dialect, as its client sees it. */
export interface Client extends RecordedSession {
  /** Sends one message, text or value, and answers what came back while it was handled. */
  ask(message: unknown): Promise<readonly Said[]>
  close(): void
}

export interface Stage {
  readonly conversations: Conversations
  readonly outbound: Outbound
  readonly feed: Feed
  readonly clock: { at: number }
  readonly ignored: string[]
  readonly failures: unknown[]
  /** What the next questions to the store do instead of answering. */
  fail(error: Error | undefined): void
  reauthenticate: (token: string) => Promise<Reauthentication>
  open(options?: RecordedOptions): Promise<Client>
  /** Closes every socket, also those that are still being opened. */
  closeAll(): void
  /** Ids of conversations, newest change first. */
  ids(workspace?: string): Promise<readonly string[]>
  /** Waits until refreshes that nobody asked for have gone out. */
  settled(): Promise<void>
}

/** Both dialects over one memory store with the sample in it, one feed and one clock that stands still. */
export const makeStage = async ({ greeting = true, messages = { max: 60, windowMs: 60_000 }, reached = [] as readonly string[] } = {}): Promise<Stage> => {
  const store = createMemoryConversations()
  await seed(store, { at: now })
  let failure: Error | undefined
  const failing = <F extends (...args: never[]) => Promise<unknown>>(ask: F): F =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same function, which may reject first
    (async (...args: Parameters<F>) => {
      if (failure !== undefined) throw failure
      return ask(...args)
    }) as unknown as F
  const conversations: Conversations = {
    membershipsOf: failing(store.membershipsOf),
    workspaceOf: failing(store.workspaceOf),
    conversations: failing(store.conversations),
    conversation: failing(store.conversation),
    customers: failing(store.customers),
    messages: failing(store.messages),
    filterValues: failing(store.filterValues),
    position: failing(store.position),
    since: failing(store.since),
    send: failing(store.send),
    receive: failing(store.receive),
    markRead: failing(store.markRead),
    markAnswered: failing(store.markAnswered),
    giveFeedback: failing(store.giveFeedback),
    update: failing(store.update),
    updateCustomer: failing(store.updateCustomer),
    deleteConversation: failing(store.deleteConversation),
    deleteCustomer: failing(store.deleteCustomer),
  }
  const time = { at: now }
  const clock = { wall: () => time.at, monotonic: () => time.at }
  const ignored: string[] = []
  const failures: unknown[] = []
  const sessions = createSessions(defaultSessions, {}, clock)
  const feed = createFeed(conversations, (error) => failures.push(error))
  const sends = createSends(conversations, createMessageRate(messages), { failed: (error) => failures.push(error) }, () => reached)
  const shared = { conversations, sessions, feed, people: createPeople(), sends, clock }
  const closers: (() => void)[] = []
  const failed = (_what: string, error: unknown): void => void failures.push(error)
  const classic = createClassicHandler({ ...shared, greeting, refreshPauseMs: 0, events: { ignored: (endpoint) => ignored.push(endpoint), failed } })
  const stage: Stage = {
    conversations,
    outbound: store,
    feed,
    clock: time,
    ignored,
    failures,
    fail: (error) => {
      failure = error
    },
    reauthenticate: async () => ({ ok: true, expiresAt: now + 1 }),
    async open(options = {}) {
      const recorded = recordedSession(options)
      const { session } = recorded
      const handler = session.dialect === 'sallyport.v1' ? modern : classic
      const close = (): void => {
        sessions.closed(session, 1000)
        handler.closed(session)
      }
      closers.push(close)
      sessions.opened(session)
      await handler.opened(session)
      return Object.assign(recorded, {
        ask: async (message: unknown) => {
          recorded.take()
          await handler.received(session, typeof message === 'string' ? message : JSON.stringify(message), handler.arrived?.(session))
          return recorded.take()
        },
        close,
      })
    },
    closeAll: () => {
      for (const close of closers) close()
    },
    ids: async (workspace = '1') => {
      const page = await store.conversations({
        workspace, reader: '', filter: {}, order: { by: 'updatedAt', descending: true }, offset: 0, limit: 500,
      })
      return page.rows.map(({ conversation: { id } }) => id)
    },
    settled: () => new Promise((resolve) => setTimeout(resolve, 5)),
  }
  const modern = createModernHandler({
    ...shared,
    heartbeatMs: 25_000,
    frameBytes: 65_536,
    reauthenticate: (_session, token) => stage.reauthenticate(token),
    events: { failed },
  })
  return stage
}

export const types = (said: readonly Said[]): readonly unknown[] => said.map(({ type }) => type)

/** A value inside a frame, by its path. */
export const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined), value)

/** The list inside a frame, by its path. */
export const rowsAt = (value: unknown, ...path: readonly (string | number)[]): readonly unknown[] => {
  const rows = at(value, ...path)
  if (!Array.isArray(rows)) throw new TypeError(`There is no list at ${path.join('.')}`)
  return rows
}

export const keysOf = (value: unknown): readonly string[] => (typeof value === 'object' && value !== null ? Object.keys(value) : [])
