/** Long columns are kept in pieces of so many rows, so that more of them copy nothing. */
export const rowsInPiece = 8_192

/** Bits of a row number that say its place in its piece; those above them say which piece. */
export const pieceBits = 13

/** Lays open the place of a row in its piece. */
export const pieceMask = rowsInPiece - 1
