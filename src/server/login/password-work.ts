import { hashSync, verifySync } from '@node-rs/argon2'
import { lowerThreadPriority } from '../../admission/guard/lower-thread-priority.js'

/** 19 MiB and two passes: about 25 ms of one core. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

// Tokens and sockets go first.
lowerThreadPriority()

/** A new hash in the PHC string format. Blocks its thread, which is why it has one of its own. */
export const hashPassword = (password: string): string =>
  // oxlint-disable-next-line node/no-sync -- the asynchronous twin would take one of the four threads that tokens are verified on
  hashSync(password, cost)

/** Whether a password is the one that was hashed. Blocks its thread. */
export const isPassword = (hashed: string, password: string): boolean =>
  // oxlint-disable-next-line node/no-sync -- the asynchronous twin would take one of the four threads that tokens are verified on
  verifySync(hashed, password)
