import { offload } from '../../admission/guard/offload.js'

/** So many log-ins wait already that one more would wait too long. */
export class HasherFull extends Error {
  readonly code = 'ERR_HASHER_FULL'
  override readonly name = 'HasherFull'
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    super('Too many passwords are being hashed')
    this.retryAfterMs = retryAfterMs
  }
}

/** Hashes and compares passwords with argon2id (RFC 9106), one at a time, on a thread of its own that everything else goes before. */
export interface PasswordHasher {
  /** A new hash in the PHC string format. @throws HasherFull */
  hash(password: string): Promise<string>
  /** Whether a password is the one that was hashed; `undefined` costs the same time and is never it. @throws HasherFull */
  verify(hashed: string | undefined, password: string): Promise<boolean>
}

/** What nobody's password is compared with when there is none: made by the same cost, of a password that was thrown away. */
const nobody = '$argon2id$v=19$m=19456,t=2,p=1$IYl1CUaq0KFoGHeK75DnJQ$tQ3Tu/bR2QvGwZ1R7qrASzEvL+Oc4lzShcIqLFvMyGE'

/** One form for what looks alike, whatever keyboard it was typed on. */
const normal = (password: string): string => password.normalize('NFC')

/** @param maxWaiting - Attempts that may wait for the one in flight (default 64); one more is refused with the time the queue takes. */
export const createPasswordHasher = (maxWaiting = 64): PasswordHasher => {
  const module = new URL('password-work.js', import.meta.url)
  const options = { threads: 1, deadlineMs: 10_000 }
  const hash = offload<[password: string], string>(module, 'hashPassword', options)
  const verify = offload<[hashed: string, password: string], boolean>(module, 'isPassword', options)
  let last: Promise<unknown> = Promise.resolve()
  let pending = 0
  /** Of one attempt; a guess until the first was measured. */
  let durationMs = 50

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (pending > maxWaiting) throw new HasherFull(Math.ceil(pending * durationMs))
    pending += 1
    const turn = last.then(async () => {
      const startedAt = performance.now()
      try {
        return await work()
      } finally {
        durationMs = performance.now() - startedAt
        pending -= 1
      }
    })
    last = turn.catch(() => undefined)
    return await turn
  }

  return {
    hash: (password) => inTurn(() => hash(normal(password))),
    verify: (hashed, password) =>
      inTurn(async () => {
        const same = await verify(hashed ?? nobody, normal(password))
        return same && hashed !== undefined
      }),
  }
}
