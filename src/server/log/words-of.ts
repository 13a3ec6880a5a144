/**
 * An event in one line of words, for people: its name, then `name=value` for each member that has a value.
 *
 * A value that could be taken for something else (spaces, quotes, `=`, empty) is quoted as JSON, so that no value can pose as another member.
 */
export const wordsOf = (event: object): string => {
  const words: string[] = []
  for (const [name, value] of Object.entries(event) as readonly (readonly [string, unknown])[]) {
    if (value !== undefined) words.push(name === 'event' ? nameOf(value) : `${name}=${wordOf(value)}`)
  }
  return words.join(' ')
}

/** What stops everybody stands out, and is found by the name the documentation gives it. */
const nameOf = (event: unknown): string => (event === 'blocking_call' ? 'BLOCKING_CALL' : wordOf(event))

const wordOf = (value: unknown): string => {
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000)
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return /^[^\s"=]+$/u.test(text) ? text : JSON.stringify(text)
}
