/** The parameters of a request target that the gate reads; all others are somebody else's. */
export interface Query {
  /** Decoded values of `token`, in order; an empty value counts as none. `undefined` stands for one whose percent-encoding is broken. */
  readonly tokens: readonly (string | undefined)[]
  /** The same of `ticket`. */
  readonly tickets: readonly (string | undefined)[]
  /** Whether the client asked for the first generation of the classic dialect (`v=1`). */
  readonly firstGeneration: boolean
}

const none: Query = { tokens: [], tickets: [], firstGeneration: false }

/** Reads the query of a raw target. Names are compared as sent, so that no other parser can see a different one. */
export const readQuery = (target: string): Query => {
  const start = target.indexOf('?')
  if (start === -1) return none
  const tokens: (string | undefined)[] = []
  const tickets: (string | undefined)[] = []
  let firstGeneration = false
  for (const pair of target.slice(start + 1).split('&')) {
    if (pair.startsWith('token=')) {
      const raw = pair.slice('token='.length)
      if (raw !== '') tokens.push(decode(raw))
    } else if (pair.startsWith('ticket=')) {
      const raw = pair.slice('ticket='.length)
      if (raw !== '') tickets.push(decode(raw))
    } else if (pair === 'v=1') firstGeneration = true
  }
  return { tokens, tickets, firstGeneration }
}

const maxParameterCharacters = 32

/**
 * Reads named parameters of a raw query: the first value of each, decoded.
 *
 * @returns `undefined` when there is none; values that are broken or too long are left out.
 */
export const readParameters = (query: string, names: readonly string[]): Readonly<Record<string, string>> | undefined => {
  if (query === '') return undefined
  const found = new Map<string, string>()
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    if (equals < 1 || found.has(name) || !names.includes(name)) continue
    const value = decode(pair.slice(equals + 1).replaceAll('+', ' '))
    if (value !== undefined && value.length <= maxParameterCharacters) found.set(name, value)
  }
  return found.size === 0 ? undefined : Object.fromEntries(found)
}

const decode = (raw: string): string | undefined => {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    // Broken percent-encoding is the stranger's fault and has an answer of its own: a token nobody can read.
    return undefined
  }
}
