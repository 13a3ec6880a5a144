/**
 * A text of its own for a piece that was cut out of a longer one.
 *
 * A cut keeps the whole alive, and the whole may be a header block that holds a token. What is cut out mostly comes again, so each is kept once.
 */
export const ownText = (cut: string): string => {
  const known = texts.get(cut)
  if (known !== undefined) return known
  if (texts.size >= maxTexts) texts.clear()
  const own = Buffer.from(cut).toString()
  texts.set(own, own)
  return own
}

const maxTexts = 2_000
const texts = new Map<string, string>()
