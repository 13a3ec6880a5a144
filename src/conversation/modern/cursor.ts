import { z } from 'zod'
import type { Order } from '../filter.js'
import type { Place } from '../lists.js'

const nameOf = ({ by, descending }: Order<string>): string => `${descending ? '-' : ''}${by}`

/** Names a place in a list of this order; opaque to clients, and nothing in it is trusted. */
export const cursorOf = (order: Order<string>, { key, id }: Place): string =>
  Buffer.from(JSON.stringify([key ?? null, id, nameOf(order)])).toString('base64url')

/** How the ids of a list look: a cursor of another list names no place in this one. */
const ids = { conversations: /^\w{1,64}$/u, customers: /^\d{1,15}$/u } as const

const place = z.tuple([z.union([z.number().min(-8.64e15).max(8.64e15), z.string().regex(/^[^\0\p{Surrogate}]*$/u), z.null()]), z.string(), z.string()])

const isText = (by: string): boolean => by === 'title' || by === 'status' || by === 'firstName'

/** Reads a cursor; `undefined` for anything `cursorOf` would not have written for a list of this order. */
export const placeOf = (list: keyof typeof ids, order: Order<string>, cursor: string): Place | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const parsed = place.safeParse(value)
    if (!parsed.success) return undefined
    const [key, of, name] = parsed.data
    if (name !== nameOf(order) || !ids[list].test(of)) return undefined
    const fits = key === null ? order.by === 'firstName' : (typeof key === 'string') === isText(order.by)
    return fits ? { key: key ?? undefined, id: of } : undefined
  } catch {
    return undefined
  }
}
