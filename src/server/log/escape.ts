const maxLength = 256

/** Makes a value safe for one log line: no control characters or line separators of any kind, at most 256 characters. */
export const escapeValue = (value: string): string => {
  const cut = value.length > maxLength ? `${value.slice(0, maxLength)}…` : value
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
}

/** The same for every text of an event. */
export const escapeEvent = (event: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(event)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]: [string, unknown]) => [name, typeof value === 'string' ? escapeValue(value) : value]),
  )
