/** Decides who may enter a conversation; fulfilled by the conversation store. */
export interface Memberships {
  /**
   * Says whether a user may enter a conversation; asked once per handshake to an endpoint that names one.
   *
   * @param userId - Id of a known, active user.
   * @param conversation - Id from the path, as sent.
   * @returns Whether the conversation exists and this user may enter it. A foreign and a missing one are not told apart.
   * @throws StoreUnavailable when the store does not answer before `deadline`.
   */
  mayEnter(userId: string, conversation: string, deadline: number): Promise<boolean>
}
