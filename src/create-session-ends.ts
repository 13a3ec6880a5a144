import { setTimeout as pause } from 'node:timers/promises'
import { v7 as uuidv7 } from 'uuid'
import type { ControlLog, EndedSubject, SessionsEnd } from './admission/control.js'
import type { ControlReaders } from './admission/control-readers.js'
import type { User } from './admission/user.js'
import type { SessionsEnded } from './gate.js'
import { deny } from './protocol/denial.js'
import type { Session } from './session/session.js'
import type { Sessions } from './session/sessions.js'

/** How far the clocks of two nodes may be apart, in milliseconds, without a session outliving its end. */
const clocksApartMs = 5_000

/** How long the answers of other nodes are waited for, in milliseconds, and how long until they are looked for again. */
const patienceMs = 1_000
const lookMs = 50

/** Ends of sessions by operators: here at once, on other nodes by the control log. */
export interface SessionEnds {
  end(subject: EndedSubject): Promise<SessionsEnded>
  /** Acts on what another node ended, and answers it; returns how many sockets were closed here. What this node ended itself is over already. */
  heard(end: SessionsEnd): number
}

export const createSessionEnds = <U extends User>(parts: {
  readonly sessions: Sessions<U>
  readonly control: ControlLog
  /** Without it only this node is counted. */
  readonly readers: ControlReaders | undefined
  readonly now: () => number
  /** An answer could not be given. */
  readonly failed: (error: unknown) => void
}): SessionEnds => {
  const { sessions, control, readers, now, failed } = parts
  const reader = readers?.name ?? uuidv7()

  const sessionsOf = (subject: EndedSubject): Iterable<Session<U>> => {
    if (subject.kind === 'user') return sessions.forUser(subject.userId)
    const session = sessions.find(subject.sessionId)
    return session === undefined ? [] : [session]
  }
  const close = (subject: EndedSubject, openedBy: number): number => {
    let closed = 0
    for (const session of sessionsOf(subject)) if (session.openedAt <= openedBy && sessions.close(session, deny('session_ended'))) closed += 1
    return closed
  }

  /** Looks for answers until all are there, or it has been long enough. */
  const answersTo = async (endId: string, { answers, forget }: ControlReaders): Promise<SessionsEnded> => {
    const deadline = performance.now() + patienceMs
    for (;;) {
      const all = await answers(endId)
      const silent = all.flatMap((each) => (each.sockets === undefined ? [each.reader] : []))
      if (silent.length > 0 && performance.now() < deadline) {
        await pause(lookMs)
        continue
      }
      if (silent.length > 0) await forget(silent)
      return { sockets: all.reduce((sum, { sockets = 0 }) => sum + sockets, 0), nodes: all.length - silent.length, silent: silent.length }
    }
  }

  return {
    async end(subject) {
      const end: SessionsEnd = { id: uuidv7(), subject, endedAt: now(), reader }
      // Sockets of this node first: they must not wait for a store that is away.
      const here = close(subject, Infinity)
      await control.sessionsEnded(end)
      const elsewhere = readers === undefined ? { sockets: 0, nodes: 0, silent: 0 } : await answersTo(end.id, readers)
      return { sockets: here + elsewhere.sockets, nodes: 1 + elsewhere.nodes, silent: elsewhere.silent }
    },
    heard(end) {
      if (end.reader === reader) return 0
      const closed = close(end.subject, end.endedAt + clocksApartMs)
      readers?.answer(end.id, closed, now()).catch(failed)
      return closed
    },
  }
}
