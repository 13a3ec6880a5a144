import type { Conversations } from './conversations.js'
import type { LogPosition, WorkspaceEvent } from './log.js'

/** Whoever tells sessions about a workspace. */
export interface FeedListener {
  /** Events come in the order of the log, each once. One at which it throws is passed over and told to `failed`. */
  event(event: WorkspaceEvent): void
  /** So much was missed that it is not told one by one: what is shown must be loaded anew. */
  lost(workspace: string): void
}

/** One interest in a workspace. */
export interface Following {
  /** Where the log stands; `undefined` when there is no such workspace. Events after it are told. */
  readonly position: Promise<LogPosition | undefined>
  /** Ends the interest; a second call does nothing. */
  letGo(): void
}

/** Follows the logs of the workspaces that somebody on this node looks at. */
export interface Feed {
  /** Hears of every workspace that is followed; returns how to stop. */
  listen(listener: FeedListener): () => void
  /** Begins to follow a workspace; it is followed until everybody has let it go. */
  follow(workspace: string): Following
  /** Tells an event that this process has just committed. Only a hint: an event before it that nobody told is read from the log first. */
  publish(event: WorkspaceEvent): void
  /** Reads what other processes have appended; heals a hint that was lost. */
  poll(): Promise<void>
  /** Polls every 2 s until `stop`. */
  start(): void
  stop(): void
}

/** Events read at once when something was missed; more than that are told as `lost`. */
const maxMissed = 1_000
const pollMs = 2_000

interface Followed {
  followers: number
  /** Offset of the last event that was told, `undefined` until the first position is known. */
  told: number | undefined
  readonly waiting: Map<number, WorkspaceEvent>
  catchingUp: boolean
}

/**
 * Creates a feed over the store's log.
 *
 * @param failed - Told when the log could not be read, and the next poll tries again; or when an event could not.
 */
export const createFeed = (conversations: Pick<Conversations, 'position' | 'since'>, failed: (error: unknown) => void): Feed => {
  const workspaces = new Map<string, Followed>()
  const listeners = new Set<FeedListener>()
  let timer: NodeJS.Timeout | undefined

  /** Whoever can write to the log can write what nobody understands: such an event is passed over, and whoever has just committed another one is not to blame. */
  const tell = (event: WorkspaceEvent): void => {
    for (const listener of listeners) {
      try {
        listener.event(event)
      } catch (error) {
        failed(error)
      }
    }
  }

  /** Tells what waits as far as there is no gap; returns whether something waits behind one. */
  const drain = (followed: Followed): boolean => {
    if (followed.told === undefined) return false
    for (const offset of followed.waiting.keys()) if (offset <= followed.told) followed.waiting.delete(offset)
    for (;;) {
      const next: WorkspaceEvent | undefined = followed.waiting.get(followed.told + 1)
      if (next === undefined) return followed.waiting.size > 0
      followed.waiting.delete(next.offset)
      followed.told = next.offset
      tell(next)
    }
  }

  const catchUp = async (workspace: string, followed: Followed): Promise<void> => {
    if (followed.catchingUp) return
    followed.catchingUp = true
    try {
      if (followed.told === undefined) {
        await begin(workspace, followed)
        return
      }
      const slice = await conversations.since(workspace, followed.told, maxMissed)
      if (slice === undefined) return
      if (slice.events === undefined) {
        followed.told = slice.position.offset
        for (const listener of listeners) listener.lost(workspace)
      } else {
        for (const event of slice.events) followed.waiting.set(event.offset, event)
      }
      drain(followed)
    } catch (error) {
      failed(error)
    } finally {
      followed.catchingUp = false
    }
  }

  const begin = async (workspace: string, followed: Followed): Promise<LogPosition | undefined> => {
    const position = await conversations.position(workspace)
    if (followed.told !== undefined) return position
    followed.told = position?.offset ?? 0
    if (drain(followed)) void catchUp(workspace, followed)
    return position
  }

  const poll = async (): Promise<void> => {
    await Promise.all([...workspaces].map(([workspace, followed]) => catchUp(workspace, followed)))
  }

  return {
    listen(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    follow(workspace) {
      const known = workspaces.get(workspace)
      const followed: Followed = known ?? { followers: 0, told: undefined, waiting: new Map(), catchingUp: false }
      if (known === undefined) workspaces.set(workspace, followed)
      followed.followers += 1
      let held = true
      return {
        position: begin(workspace, followed),
        letGo: () => {
          if (!held) return
          held = false
          followed.followers -= 1
          if (followed.followers === 0) workspaces.delete(workspace)
        },
      }
    },
    publish(event) {
      const followed = workspaces.get(event.workspace)
      if (followed === undefined || event.offset <= (followed.told ?? 0)) return
      followed.waiting.set(event.offset, event)
      if (drain(followed)) void catchUp(event.workspace, followed)
    },
    poll,
    start() {
      timer ??= setInterval(() => void poll(), pollMs).unref()
    },
    stop() {
      clearInterval(timer)
      timer = undefined
    },
  }
}
