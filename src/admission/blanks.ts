/**
 * The part of a text between two places without optional white space around it: space and tab, nothing else (RFC 9110 section 5.6.3).
 *
 * `trim()` takes more, such as the no-break space, which other readers of the same bytes leave in. Costs a look at each blank, however many there are.
 *
 * @param from - Where the part begins (default: with the text).
 * @param to - Where it ends (default: with the text).
 */
export const withoutBlanks = (text: string, from = 0, to = text.length): string => {
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

const isBlank = (code: number): boolean => code === 32 || code === 9
