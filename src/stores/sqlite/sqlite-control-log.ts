import { z } from 'zod'
import { parseNetwork } from '../../admission/address/network.js'
import type { ControlEvent, ControlLog } from '../../admission/control.js'
import type { SqliteEngine } from './engine.js'

interface ControlRow {
  readonly seq: number
  readonly kind: string
  /** `null` when there is too much of it. */
  readonly payload: string | null
}

const ban = z.object({
  id: z.string(),
  subject: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('network'), network: z.string().refine((text) => parseNetwork(text) !== undefined) }),
    z.object({ kind: z.literal('user'), userId: z.string() }),
  ]),
  reason: z.string(),
  actor: z.string(),
  source: z.enum(['manual', 'ladder', 'import']),
  createdAt: z.number(),
  expiresAt: z.number().nullable().transform((value) => value ?? undefined),
})

const revocation = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('token'), tokenId: z.string(), until: z.number() }),
  z.object({ kind: z.literal('user'), userId: z.string(), before: z.number(), until: z.number() }),
])

const sessionsEnd = z.object({
  id: z.string(),
  subject: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('session'), sessionId: z.string() }),
    z.object({ kind: z.literal('user'), userId: z.string() }),
  ]),
  endedAt: z.number(),
  reader: z.string(),
})

const event = z.discriminatedUnion('kind', [
  z.object({ seq: z.number(), kind: z.literal('ban_added'), ban }),
  z.object({ seq: z.number(), kind: z.literal('ban_lifted'), ban }),
  z.object({ seq: z.number(), kind: z.literal('revoked'), revocation }),
  z.object({ seq: z.number(), kind: z.literal('user_changed'), userId: z.string() }),
  z.object({ seq: z.number(), kind: z.literal('sessions_ended'), end: sessionsEnd }),
])

// Parsed, not believed: another program on the same file, such as a newer command line, may have written it.
const fromRow = ({ seq, kind, payload }: ControlRow): ControlEvent => {
  const rest: unknown = payload === null ? undefined : JSON.parse(payload)
  const parsed = event.safeParse(Object.assign({}, rest, { seq, kind }))
  return parsed.success ? parsed.data : { seq, kind: 'unreadable' }
}

/** Characters of a payload that are read; what we write has less than a thousand. */
const maxPayload = 65_536

/**
 * The control log in SQLite. Numbers are given inside the writer's transaction, so they are gapless across all processes on the file.
 *
 * Reads go by the lane of admission: a ban must not wait for a search.
 */
export const createSqliteControlLog = (engine: SqliteEngine): ControlLog => ({
  async head() {
    const [row] = await engine.read<{ value: number }>('admission', `select value from counters where name = 'control'`)
    return row?.value ?? 0
  },
  async since(seq, limit) {
    const rows = await engine.read<ControlRow>(
      'admission',
      'select seq, kind, iif(length(payload) > ?, null, payload) as payload from control_log where seq > ? order by seq limit ?',
      [maxPayload, seq, limit],
    )
    return rows.map(fromRow)
  },
  userChanged: (userId, at) => engine.write('userChanged', { userId, at }),
  sessionsEnded: (end) => engine.write('endSessions', end),
})
