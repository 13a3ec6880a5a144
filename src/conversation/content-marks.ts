import type { MessageMark } from './records.js'

/** What the advisory rules say about a text; nothing is refused because of it. */
export interface ContentVerdict {
  /** Empty when nothing was noticed. */
  readonly marks: readonly MessageMark[]
  /** 0 to 5, one for each rule that holds; 2 and more is `potential_spam`. */
  readonly spamScore: number
}

/** Texts above this many characters are marked `content_too_long`; the old service's documents named this bound and its sockets had none. */
const longCharacters = 1_000
const suspiciousScore = 2

const rules: readonly ((text: string) => boolean)[] = [
  (text) => text.length > 500,
  (text) => text.split('http').length - 1 > 3,
  // Scripts without capitals, such as Persian, are never all in capitals.
  (text) => text.length > 20 && /\p{Lu}/u.test(text) && !/\p{Ll}/u.test(text),
  (text) => text.split('!').length - 1 > 5,
  (text) => text.length > 20 && new Set(text.replace(/\s/gu, '')).size < 5,
]

/** Weighs a text by the five indicators and the length rule of the old service. Costs a few passes over the text. */
export const contentVerdict = (text: string): ContentVerdict => {
  const spamScore = rules.filter((holds) => holds(text)).length
  const marks: readonly (MessageMark | undefined)[] = [
    text.length > longCharacters ? 'content_too_long' : undefined,
    spamScore >= suspiciousScore ? 'potential_spam' : undefined,
  ]
  return { marks: marks.filter((mark) => mark !== undefined), spamScore }
}
