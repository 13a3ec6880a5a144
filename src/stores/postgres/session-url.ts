const schemes: readonly string[] = ['postgres:', 'postgresql:']

const refuse = (what: string, sentence: string): never => {
  // Never the value: it holds a password.
  throw new TypeError(`Cannot ${what} ${sentence}`)
}

/**
 * The address of a database, so that each session is read-only and its statements end after `statementTimeoutMs`.
 *
 * Both are asked for in the start-up message (`options`), after whatever the address asked for itself: the last one counts.
 *
 * @param what - What fails with an address that is none, for the message.
 * @throws TypeError when it is no address of PostgreSQL. The message never holds the address.
 */
export const sessionUrl = (text: string, statementTimeoutMs: number, what = 'create users of PostgreSQL as "url"'): string => {
  if (typeof text !== 'string' || !URL.canParse(text)) return refuse(what, 'must be an address such as postgres://reader@127.0.0.1:5432/app')
  const url = new URL(text)
  if (!schemes.includes(url.protocol)) return refuse(what, 'must begin with postgres:// or postgresql://')
  const own = url.searchParams.get('options') ?? ''
  url.searchParams.set('options', `${own} -c default_transaction_read_only=on -c statement_timeout=${statementTimeoutMs}`.trim())
  for (const name of ['statement_timeout', 'query_timeout', 'connectionTimeoutMillis']) url.searchParams.delete(name)
  return url.href
}
