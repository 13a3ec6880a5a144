import type { Place } from '../conversations.js'

/** Names a place in a list; opaque to clients, and nothing in it is trusted. */
export const cursorOf = ({ at, id }: Place): string => Buffer.from(JSON.stringify([at, id])).toString('base64url')

/** Reads a cursor; `undefined` for anything `cursorOf` would not have written. */
export const placeOf = (cursor: string): Place | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (!Array.isArray(value) || value.length !== 2) return undefined
    const [at, id]: readonly unknown[] = value
    return typeof at === 'number' && Number.isFinite(at) && Math.abs(at) < 8.64e15 && typeof id === 'string' && /^\w{1,64}$/u.test(id)
      ? { at, id }
      : undefined
  } catch {
    return undefined
  }
}
