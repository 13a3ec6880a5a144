import { pieceBits, pieceMask, rowsInPiece } from './piece.js'
import { uuidText, uuidWords } from './uuid-words.js'

/** The ids of bans by row number: a UUID takes 16 bytes, any other id is kept as a text. */
export interface BanIds {
  set(row: number, id: string): void
  /** The id of a row that was given one. */
  at(row: number): string
  is(row: number, id: string): boolean
  /** Lets go of what a row keeps. */
  free(row: number): void
}

/** Creates an empty column. */
export const createBanIds = (): BanIds => {
  const pieces: Int32Array[] = []
  const texts = new Map<number, string>()

  const at = (row: number): string => {
    const text = texts.size === 0 ? undefined : texts.get(row)
    if (text !== undefined) return text
    const piece = pieces[row >>> pieceBits]
    const first = (row & pieceMask) * 4
    return uuidText(piece?.[first] ?? 0, piece?.[first + 1] ?? 0, piece?.[first + 2] ?? 0, piece?.[first + 3] ?? 0)
  }

  return {
    set(row, id) {
      const words = uuidWords(id)
      if (words === undefined) {
        texts.set(row, id)
        return
      }
      texts.delete(row)
      const piece = (pieces[row >>> pieceBits] ??= new Int32Array(4 * rowsInPiece))
      piece.set(words, (row & pieceMask) * 4)
    },
    at,
    is: (row, id) => at(row) === id,
    free(row) {
      texts.delete(row)
    },
  }
}
