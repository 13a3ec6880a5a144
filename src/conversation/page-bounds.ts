/** Characters of a last message that a list shows; the conversation itself shows all of it. */
export const previewCharacters = 1_000

/** The beginning of a text, in whole characters. */
export const preview = (text: string): string => (text.length <= previewCharacters ? text : Array.from(text).slice(0, previewCharacters).join(''))

/**
 * How many conversations one row of a customer list holds at most, so that a page of any length stays bounded: 200, and 5,000 on the page
 * together, but never fewer than 10.
 *
 * @param rows - Customers that are really on the page.
 */
export const conversationsPerCustomer = (rows: number): number => Math.max(10, Math.min(200, Math.floor(5_000 / Math.max(1, rows))))

/**
 * Takes as many of a list as a page of so many bytes holds, at least one.
 *
 * @param fromEnd - Whether what is left out stands at the beginning.
 * @param bytesOf - Size of one on the wire.
 */
export const cutToBytes = <T>(all: readonly T[], maxBytes: number, fromEnd: boolean, bytesOf: (one: T) => number): readonly T[] => {
  let bytes = 0
  const order = fromEnd ? all.toReversed() : all
  const tooMany = order.findIndex((one, index) => {
    bytes += bytesOf(one)
    return bytes > maxBytes && index > 0
  })
  if (tooMany === -1) return all
  return fromEnd ? all.slice(all.length - tooMany) : all.slice(0, tooMany)
}

/** Bytes a text takes in JSON at most: a control character becomes six. */
export const worstBytes = (text: string): number => text.length * 6
