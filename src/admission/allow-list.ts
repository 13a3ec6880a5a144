/** Where an issuer writes down the tokens that are still good, beside their signature: it revokes one by taking its key away. */
export interface AllowList {
  /**
   * Which of these keys exist. Nothing is written, and no key lives longer for having been asked about.
   *
   * One round trip, whatever their number; none of the answers is remembered. An empty list asks only whether the store answers.
   *
   * @param keys - `allowListKey` of verified claims; best a few hundred at a time.
   * @param deadline - Epoch milliseconds after which the answer is not waited for.
   * @throws StoreUnavailable when the store does not answer before `deadline`.
   */
  holding(keys: readonly string[], deadline: number): Promise<ReadonlySet<string>>
}
