import type { AllowList } from './admission/allow-list.js'
import { struckOff } from './admission/steps/listed.js'
import type { User } from './admission/user.js'
import type { Session } from './session/session.js'
import type { Sessions } from './session/sessions.js'

/** Milliseconds between two looks at the keys of all live sockets. */
export const allowListLookMs = 5_000

/** Live keys that are asked about at once, and how long an answer may take: nobody waits for it. */
const atOnce = 500
const answerMs = 1_000

/**
 * Ends live sockets whose token was struck off the allow-list of its issuer. Whoever strikes it off tells nobody, so the list is asked again and again.
 */
export interface AllowListWatch {
  /** Asks about every live socket, once for each token; at most 500 at a time. Never rejects. */
  look(): Promise<void>
  /** Whether the list answered the last look, and as fast as handshakes need it. */
  readonly reached: boolean
  /** Looks at once, so that nobody is told of a list that it answers before it was asked, and again and again from then on. Resolves after the first look. */
  start(): Promise<void>
  stop(): void
}

export const createAllowListWatch = <U extends User>(parts: {
  readonly allowList: AllowList
  readonly sessions: Pick<Sessions<U>, 'close' | typeof Symbol.iterator>
  /** Said once per change. */
  readonly told: (reached: boolean, error?: unknown) => void
  readonly now: () => number
  /** How long a handshake waits for the list. */
  readonly allowListMs: number
}): AllowListWatch => {
  const { allowList, sessions, told, now, allowListMs } = parts
  let reached = true
  let timer: NodeJS.Timeout | undefined

  const lookAtAll = async (): Promise<void> => {
    const holders = new Map<string, Session<U>[]>()
    for (const session of sessions) {
      const key = session.principal.claims?.allowListKey
      if (key === undefined) continue
      const others = holders.get(key)
      if (others === undefined) holders.set(key, [session])
      else others.push(session)
    }
    const keys = [...holders.keys()]
    for (let start = 0; start < keys.length; start += atOnce) {
      const some = keys.slice(start, start + atOnce)
      const held = await allowList.holding(some, now() + answerMs)
      for (const key of some) {
        if (held.has(key)) continue
        // Whoever brought another token while the list was asked stays.
        for (const session of holders.get(key) ?? []) if (session.principal.claims?.allowListKey === key) sessions.close(session, struckOff)
      }
    }
  }

  const look = async (): Promise<void> => {
    try {
      await lookAtAll()
      // With no socket to ask about it is still told whether there is somebody to ask, and a list that is slow refuses every handshake.
      await allowList.holding([], now() + allowListMs)
      if (!reached) told(true)
      reached = true
    } catch (error) {
      // A list that is away says nothing about a token: the sockets stay, and are asked about again when it is back.
      if (reached) told(false, error)
      reached = false
    }
  }

  const lookAgain = async (): Promise<void> => {
    await look()
    if (timer !== undefined) timer = setTimeout(() => void lookAgain(), allowListLookMs).unref()
  }

  return {
    look,
    get reached() {
      return reached
    },
    async start() {
      timer ??= setTimeout(() => void lookAgain(), allowListLookMs).unref()
      await look()
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
