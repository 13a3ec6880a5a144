/** What a workspace lets a user do. `customer` is a visitor, not a member. */
export type Role = 'owner' | 'admin' | 'agent' | 'customer'

/** What the gate must know of a user; an embedder's own record may hold more. */
export interface User {
  /** What tokens name as their subject. */
  readonly id: string
  /** `false` refuses every handshake of this user and closes the live sockets. */
  readonly active: boolean
  /** Default `agent`. */
  readonly role?: Role
  /** Tokens of our own that carry a lower epoch are revoked. Default 0. */
  readonly epoch?: number
}

/** Finds users; fulfilled by our own table, by an embedder's `lookupUser`, or by an existing database. */
export interface Users<U extends User = User> {
  /**
   * Finds the user a token speaks for.
   *
   * @param id - Subject of verified claims (`sub` of RFC 7519, `user_id` in the classic profile), never an unverified one.
   * @param deadline - Epoch milliseconds after which the answer is not waited for.
   * @returns The user, or `undefined` when there is none. A disabled user is returned with `active: false`.
   * @throws StoreUnavailable when the store does not answer before `deadline`.
   */
  find(id: string, deadline: number): Promise<U | undefined>
}
