import { shown } from '../admission/shown.js'
import { encodeTextFrame } from './text-frame.js'

/**
 * What may happen to a push when its receiver reads slowly.
 *
 * `critical` is never dropped: when it can't fit, the socket closes with `slow_consumer` and resumes by offset. Of `state` only the last
 * value per key is kept. `ephemeral` is the first to go.
 */
export type PushClass = 'critical' | 'state' | 'ephemeral'

/** One message to any number of sockets, encoded and framed once. */
export interface Push {
  /** What may happen to it when its receiver reads slowly. */
  readonly class: PushClass
  /** For `state`: pushes with the same key replace one another while they wait. */
  readonly key: string
  /** The whole frame as it goes out (RFC 6455 section 5.2). */
  readonly frame: Uint8Array
}

/**
 * Encodes a value as JSON and frames it as one text message.
 *
 * @param value - Anything that JSON can hold; a receiver gets its text.
 * @param key - For `state`: what it is the newest value of (default `''`, so that any other takes its place).
 * @throws TypeError for another class, and that of `JSON.stringify` for what JSON can't hold, such as an object that holds itself.
 * Costs one `JSON.stringify` however many sockets receive it.
 * @example
 * const push = createPush('state', { type: 'unread', count: 3 }, 'unread')
 * gate.sessions.forUser('1').send(push)
 */
export const createPush = (pushClass: PushClass, value: object, key = ''): Push => {
  // One of no class is written like any other, until a peer reads slowly and nobody knows what may happen to it.
  if (typeof pushClass !== 'string' || !Object.hasOwn(classes, pushClass)) throw new TypeError(`Cannot create a push as its class must be one of ${Object.keys(classes).join(', ')}: current value is ${shown(pushClass)}`)
  return { class: pushClass, key, frame: encodeTextFrame(JSON.stringify(value)) }
}

const classes: Readonly<Record<PushClass, true>> = { critical: true, state: true, ephemeral: true }
