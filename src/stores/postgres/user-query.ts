const refuse = (sentence: string): never => {
  throw new TypeError(`Cannot create users of PostgreSQL as "query" ${sentence}`)
}

/**
 * Checks the statement that finds one user. It guards against slips, not against its author, who is the operator.
 *
 * @throws TypeError
 */
export const userQuery = (text: string): string => {
  if (typeof text !== 'string') return refuse(`must be one SELECT: its type is ${typeof text}`)
  const query = text.trim().replace(/;$/, '').trim()
  if (!/^(?:select|with)\b/i.test(query)) return refuse('must be one SELECT')
  if (query.includes(';')) return refuse('must be one statement, without a semicolon')
  const numbers = new Set(Array.from(query.matchAll(/\$(\d+)/g), ([, number]) => number))
  if (numbers.size !== 1 || !numbers.has('1')) return refuse('must have $1, the user id, as its only parameter')
  return query
}
