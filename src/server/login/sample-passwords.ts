import type { PasswordHasher } from './password-hasher.js'

/** The password of every sample user of development; written in README.md. It is kept in no database, so no other mode knows it. */
export const samplePassword = 'lantern-and-loom'

/** Passwords of users who have none of their own. */
export interface SamplePasswords {
  /** The hash to compare with; `undefined` for who is no sample user. Made at the first question. */
  hashFor(userId: string | undefined): Promise<string | undefined>
}

export const createSamplePasswords = (hasher: PasswordHasher, userIds: readonly string[]): SamplePasswords => {
  const samples = new Set(userIds)
  let made: string | undefined
  return {
    async hashFor(userId) {
      if (userId === undefined || !samples.has(userId)) return undefined
      made ??= await hasher.hash(samplePassword)
      return made
    },
  }
}
