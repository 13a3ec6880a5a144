import type { User } from '../admission/user.js'
import type { Session } from './session.js'

/** Speaks one dialect on the sessions it is given; the inbox calls it with one message at a time and in order. */
export interface DialectHandler<U extends User = User> {
  /** Right after admission, before any message is handed over: greeting and first page. */
  opened(session: Session<U>): Promise<void> | void
  /** A message has arrived and may have to wait; what is answered is handed to `received` with it. Must be quick, and must not throw. */
  arrived?(session: Session<U>): number | undefined
  /**
   * One text message, UTF-8 already checked. The next one waits until the promise settles; a rejection ends the session with
   * `internal_error`, so a handler answers what it can answer itself.
   *
   * @param noted - What `arrived` answered.
   */
  received(session: Session<U>, text: string, noted?: number): Promise<void> | void
  /**
   * One text message more than may be sent. It was not looked at; the dialect says so, in the place of its answer.
   *
   * @param retryAfterMs - Waiting exactly this long succeeds for a lone client.
   */
  limited?(session: Session<U>, text: string, retryAfterMs: number): void
  /** The socket is gone; called once. */
  closed(session: Session<U>): void
}
