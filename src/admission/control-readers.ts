/** What one reader of the control log made of ended sessions. */
export interface ReaderAnswer {
  readonly reader: string
  /** Sockets it closed; `undefined` while it has not answered. */
  readonly sockets: number | undefined
}

/**
 * The processes that read one control log, so that an end of sessions can say how far it reached.
 *
 * Nobody shows signs of life here: one that died is noticed by the first end it doesn't answer, and forgotten then; one that was merely slow is back
 * with its next answer.
 */
export interface ControlReaders {
  /** Of this process, until it stops. */
  readonly name: string
  /** Writes down that this process acted on an end, and how many sockets it closed. */
  answer(endId: string, sockets: number, at: number): Promise<void>
  /** All other readers, with what they answered to this end. */
  answers(endId: string): Promise<readonly ReaderAnswer[]>
  /** Forgets readers that died: nobody waits for their answers any more. */
  forget(readers: readonly string[]): Promise<void>
}
