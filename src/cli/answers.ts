import { z } from 'zod'

/** What the internal port answers, as far as the command line shows it; with `--json` unknown members are handed on. */
export const reach = z.looseObject({ sockets: z.number(), nodes: z.number(), silent: z.number().optional() })

const subject = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('network'), network: z.string() }),
  z.object({ kind: z.literal('user'), userId: z.string() }),
])

export const ban = z.looseObject({
  id: z.string(),
  subject,
  reason: z.string(),
  actor: z.string(),
  source: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().optional(),
})
export const banAdded = z.looseObject({ ban, sockets: z.number().optional(), nodes: z.number().optional() })
export const banPreview = z.looseObject({ sockets: z.number(), users: z.number(), dangers: z.array(z.string()) })
export const banList = z.looseObject({ items: z.array(ban), next: z.string().optional() })
export const banImport = z.looseObject({
  added: z.number(),
  unchanged: z.number(),
  ended: z.number(),
  refused: z.array(z.looseObject({ index: z.number(), dangers: z.array(z.string()) })),
  sockets: z.number().optional(),
})

export const user = z.looseObject({ id: z.string(), email: z.string(), active: z.boolean(), role: z.string().optional() })
export const userList = z.looseObject({ items: z.array(user) })
export const userChanged = z.looseObject({ user, sockets: z.number().optional(), nodes: z.number().optional() })

export const sessionList = z.looseObject({
  items: z.array(
    z.looseObject({
      id: z.string(),
      userId: z.string(),
      address: z.string().optional(),
      endpoint: z.string(),
      dialect: z.string(),
      openedAt: z.number(),
      expiresAt: z.number().optional(),
      development: z.boolean(),
    }),
  ),
})

export const decision = z.looseObject({
  id: z.string(),
  outcome: z.enum(['admitted', 'denied']),
  reason: z.string().optional(),
  told: z.string().optional(),
  sentence: z.string().optional(),
  remedy: z.string().optional(),
  retry: z.string().optional(),
  status: z.number().optional(),
  closeCode: z.number().optional(),
  retryAfterMs: z.number().optional(),
  receivedAt: z.number(),
  address: z.string().optional(),
  path: z.string(),
  origin: z.string().optional(),
  dialect: z.string(),
  endpoint: z.string().optional(),
  userId: z.string().optional(),
  policyVersion: z.string(),
  steps: z.array(z.looseObject({ name: z.string(), outcome: z.string(), durationMs: z.number(), detail: z.string().optional(), remedy: z.string().optional() })),
  marks: z.array(z.looseObject({ step: z.string(), rule: z.string() })),
})

export const auditList = z.looseObject({
  items: z.array(z.looseObject({ id: z.number(), at: z.number(), actor: z.string(), address: z.string().optional(), action: z.string(), subject: z.string() })),
  next: z.number().optional(),
})
export const undone = z.looseObject({ action: z.string(), subject: z.string(), sockets: z.number(), nodes: z.number() })

const topCounts = z.array(z.looseObject({ name: z.string(), count: z.number(), uncertain: z.number() }))
export const dryRunReport = z.looseObject({
  since: z.number(),
  items: z.array(
    z.looseObject({
      rule: z.string(),
      mode: z.string(),
      wouldRefuse: z.number(),
      refusedAnyway: z.number(),
      refused: z.number(),
      addresses: topCounts,
      users: topCounts,
    }),
  ),
})

export const dropped = z.looseObject({ dropped: z.number() })

export const tokenReport = z.looseObject({
  accepted: z.boolean(),
  reason: z.string().optional(),
  detail: z.string().optional(),
  remedy: z.string().optional(),
  issuer: z.string().optional(),
  subject: z.string().optional(),
  tokenId: z.string().optional(),
  issuedAt: z.number().optional(),
  expiresAt: z.number().optional(),
  checks: z.array(
    z.looseObject({ part: z.string(), name: z.string(), expected: z.string(), found: z.string(), accepted: z.boolean(), remedy: z.string().optional() }),
  ),
})

export const record = z.record(z.string(), z.unknown())
