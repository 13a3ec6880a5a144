import type { ExpiryHeap } from './expiry-queue.js'
import { pieceBits, pieceMask, rowsInPiece } from './piece.js'

/** Creates an empty list of 32-bit integers: as an array has them, in 4 bytes each; more of them copy nothing. */
export const createIntHeap = (): ExpiryHeap<number> => {
  const pieces: Int32Array[] = []
  let length = 0

  const at = (index: number): number | undefined => (index < length ? pieces[index >>> pieceBits]?.[index & pieceMask] : undefined)

  const put = (index: number, value: number): void => {
    const piece = (pieces[index >>> pieceBits] ??= new Int32Array(rowsInPiece))
    piece[index & pieceMask] = value
  }

  return {
    get length() {
      return length
    },
    at,
    set: put,
    push(value) {
      put(length, value)
      length += 1
    },
    pop() {
      const last = at(length - 1)
      if (last !== undefined) length -= 1
      return last
    },
  }
}
