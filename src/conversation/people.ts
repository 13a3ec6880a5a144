/** An agent who has a conversation open on one socket. */
export interface Visitor {
  readonly workspace: string
  readonly conversation: string
  readonly userId: string
  /** As colleagues know him. */
  readonly name: string
}

/** What colleagues in the same conversation are told about an agent; never kept. */
export type PeopleNotice =
  | { readonly type: 'presence'; readonly visitor: Visitor; readonly online: boolean }
  | { readonly type: 'typing'; readonly visitor: Visitor; readonly active: boolean; /** The stay it came from, which need not hear it. */ readonly from: Stay }

/** One open socket in a conversation: the lease of an agent's presence there. It ends with its socket, and the heartbeat ends a socket nobody holds. */
export interface Stay {
  /** Says that he writes or has stopped; what repeats within a second is not passed on. */
  typing(active: boolean, at: number): void
  /** Gives the lease back; a second call does nothing. */
  leave(): void
}

/** Who has which conversation open on this node, whatever dialect he speaks. */
export interface People {
  /** Comes in. Several sockets of one user in a conversation count once. */
  enter(visitor: Visitor): Stay
  /** Hears every notice; must not throw. */
  listen(listener: (notice: PeopleNotice) => void): void
}

/** Milliseconds within which a second "writes" of one socket is not passed on. */
const typingMs = 1_000

export const createPeople = (): People => {
  const listeners: ((notice: PeopleNotice) => void)[] = []
  const leases = new Map<string, number>()

  const tell = (notice: PeopleNotice): void => {
    for (const listener of listeners) listener(notice)
  }

  return {
    listen(listener) {
      listeners.push(listener)
    },
    enter(visitor) {
      const key = `${visitor.workspace}\0${visitor.conversation}\0${visitor.userId}`
      let held = true
      let active = false
      let toldAt = Number.NEGATIVE_INFINITY
      const open = leases.get(key) ?? 0
      leases.set(key, open + 1)
      const stay: Stay = {
        typing(wanted, at) {
          if (!held || (wanted ? active && at - toldAt < typingMs : !active)) return
          active = wanted
          toldAt = at
          tell({ type: 'typing', visitor, active, from: stay })
        },
        leave() {
          if (!held) return
          if (active) tell({ type: 'typing', visitor, active: false, from: stay })
          held = false
          const left = (leases.get(key) ?? 1) - 1
          if (left > 0) {
            leases.set(key, left)
            return
          }
          leases.delete(key)
          tell({ type: 'presence', visitor, online: false })
        },
      }
      if (open === 0) tell({ type: 'presence', visitor, online: true })
      return stay
    },
  }
}

/** What a looked-up user may say of himself. */
interface Named {
  readonly id: string
  readonly firstName?: string | undefined
  readonly lastName?: string | undefined
  readonly email?: string | undefined
}

/** "First Last", else the e-mail address, else the id, as far as the user's record has them. */
export const personName = ({ id, firstName = '', lastName = '', email = '' }: Named): string => {
  const full = `${firstName} ${lastName}`.trim()
  if (full !== '') return full
  return email === '' ? id : email
}
