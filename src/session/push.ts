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
  readonly class: PushClass
  /** For `state`: pushes with the same key replace one another while they wait. */
  readonly key: string
  readonly frame: Uint8Array
}

/** Encodes a value as JSON and frames it; cost is one `JSON.stringify` however many sockets receive it. */
export const createPush = (pushClass: PushClass, value: object, key = ''): Push => ({
  class: pushClass,
  key,
  frame: encodeTextFrame(JSON.stringify(value)),
})
