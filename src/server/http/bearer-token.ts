import type { Context } from 'hono'

const bearerForm = /^Bearer +([\w.~+/-]+=*)$/i

/** What a request brings as `Authorization: Bearer` (RFC 6750 section 2.1), unproved; `undefined` for every other form. */
export const bearerToken = ({ req }: Pick<Context, 'req'>): string | undefined => bearerForm.exec(req.header('authorization') ?? '')?.[1]
