const maxLength = 256

/** Control characters, format characters (bidirectional overrides, zero widths, tags), line and paragraph separators, lone surrogates. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
const everyUnsafe = new RegExp(unsafe.source, 'gu')

/**
 * Makes a value safe for one log line, in every format: what could start a line, steer a terminal or turn text around is written as `\u000a`,
 * and longer values are cut to 256 characters, the last of which is `…`.
 */
export const escapeValue = (value: string): string => {
  // The cut comes first too, so that a value of megabytes costs no more than a long one.
  const head = value.length > maxLength ? value.slice(0, maxLength + 1) : value
  const escaped = unsafe.test(head) ? head.replace(everyUnsafe, escapeCharacter) : head
  return escaped.length > maxLength ? `${withoutHalfPair(escaped.slice(0, maxLength - 1))}…` : escaped
}

/** The same for every text of an event; members without a value are left out. */
export const escapeEvent = (event: object): Readonly<Record<string, unknown>> => {
  const escaped: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(event) as readonly (readonly [string, unknown])[]) {
    if (value !== undefined) escaped[name] = typeof value === 'string' ? escapeValue(value) : value
  }
  return escaped
}

const escapeCharacter = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
}

const withoutHalfPair = (text: string): string => (/[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text)
