import { z } from 'zod'
import type { Place } from '../lists.js'

/** Names a place in a list; opaque to clients, and nothing in it is trusted. */
export const cursorOf = ({ at, id }: Place): string => Buffer.from(JSON.stringify([at, id])).toString('base64url')

const place = z.tuple([z.number().min(-8.64e15).max(8.64e15), z.string().regex(/^\w{1,64}$/u)])

/** Reads a cursor; `undefined` for anything `cursorOf` would not have written. */
export const placeOf = (cursor: string): Place | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const parsed = place.safeParse(value)
    return parsed.success ? { at: parsed.data[0], id: parsed.data[1] } : undefined
  } catch {
    return undefined
  }
}
