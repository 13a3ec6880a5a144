import type { Limits } from '../limits.js'
import type { Memberships } from '../topic.js'
import type { BlockingGuard } from './blocking-guard.js'

type LookupUser<U> = (id: string, deadline: number) => Promise<U | undefined> | U | undefined

/** The ports of an embedder that a handshake waits for. */
export interface GuardedPorts<U> {
  readonly lookupUser: LookupUser<U>
  readonly memberships: Memberships | undefined
  readonly limitsStore: Limits | undefined
}

/** Watches the ports a handshake waits for, as `users`, `memberships` and `limits`; without a guard they are left as they are. */
export const guardPorts = <U>(
  { lookupUser, memberships, limitsStore }: { readonly [Port in keyof GuardedPorts<U>]?: GuardedPorts<U>[Port] } & Pick<GuardedPorts<U>, 'lookupUser'>,
  guard: BlockingGuard | undefined,
): GuardedPorts<U> => {
  if (guard === undefined) return { lookupUser, memberships, limitsStore }
  return {
    lookupUser: guard.wrap('users', lookupUser),
    memberships: memberships && {
      mayEnter: guard.wrap('memberships', (...asked: Parameters<Memberships['mayEnter']>) => memberships.mayEnter(...asked)),
    },
    limitsStore: limitsStore && {
      take: guard.wrap('limits', (...asked: Parameters<Limits['take']>) => limitsStore.take(...asked)),
      peek: (ask, deadline) => limitsStore.peek(ask, deadline),
      release(lease) {
        limitsStore.release(lease)
      },
    },
  }
}
