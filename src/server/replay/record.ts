import { z } from 'zod'
import { forwardings } from '../../admission/address/proxies.js'
import { stepNames } from '../../admission/decision.js'
import { carriers } from '../../admission/steps/credential.js'
import { isReason, type Reason } from '../../protocol/denial.js'
import { recordVersion } from '../decision-inputs.js'

const reason = z.custom<Reason>((value) => typeof value === 'string' && isReason(value), 'is no reason this version knows')
const text = z.string().max(8_192)
const count = z.number()
const limitRule = z.enum(['userConnects', 'addressConnects', 'endpointConnects', 'userSockets', 'addressSockets', 'nodeSockets'])
const windowLimit = z.object({ max: count, windowMs: count })

const levels = z.object({
  counts: z.partialRecord(limitRule, count),
  limits: z.object({
    userConnects: windowLimit,
    addressConnects: windowLimit,
    endpointConnects: windowLimit.optional(),
    userSockets: count,
    addressSockets: count,
    nodeSockets: count,
  }),
})

const budgetLevel = { available: count, capacity: count, refillPerSecond: count }

const inputs = z.object({
  peer: text,
  host: text.optional(),
  forwarded: z.partialRecord(z.enum(forwardings), z.union([z.array(text.nullable()).max(65), z.literal('too long')])).optional(),
  addressKey: text.optional(),
  carriers: z.array(z.enum(carriers)).optional(),
  credential: z.union([z.object({ carrier: z.enum(carriers) }), z.object({ reason, detail: text.optional() })]).optional(),
  budget: z
    .discriminatedUnion('granted', [
      z.object({ granted: z.literal(true), ...budgetLevel }),
      z.object({ granted: z.literal(false), ...budgetLevel, retryAfterMs: count }),
    ])
    .optional(),
  load: z
    .object({
      loopDelayMs: count,
      inFlight: count,
      sockets: count,
      draining: z.boolean(),
      maxLoopDelayMs: count,
      maxInFlight: count,
      maxSockets: count,
      delayShut: z.boolean(),
      flightShut: z.boolean(),
    })
    .optional(),
  limits: z
    .object({ granted: z.boolean(), rule: limitRule.optional(), retryAfterMs: count.optional(), wouldRefuse: limitRule.optional(), levels: levels.optional() })
    .optional(),
})

const record = z.object({
  recordVersion: z.unknown().optional(),
  id: text,
  outcome: z.enum(['admitted', 'denied']),
  reason: reason.optional(),
  step: z.enum(stepNames).optional(),
  status: count.optional(),
  retryAfterMs: count.optional(),
  receivedAt: count,
  address: text.optional(),
  path: text,
  origin: text.optional(),
  dialect: z.enum(['plain', 'classic.v1', 'classic.v2', 'sallyport.v1']),
  endpoint: text.optional(),
  userId: text.optional(),
  steps: z.array(z.object({ name: z.enum(stepNames), outcome: z.enum(['passed', 'refused']), detail: text.optional() })).max(stepNames.length),
  marks: z.array(z.object({ step: z.enum(stepNames), rule: text })).max(stepNames.length + 1),
  inputs,
})

/** One decision as it was handed out, as far as it is read again. */
export type DecisionRecord = z.infer<typeof record>

export type RecordLine =
  | { readonly kind: 'record'; readonly record: DecisionRecord }
  /** What the stream of decisions says where its reader was too slow. */
  | { readonly kind: 'dropped'; readonly count: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'version'; readonly version: unknown }
  | { readonly kind: 'bad'; readonly fault: string }

const droppedLine = z.strictObject({ dropped: z.int().min(0) })
const versioned = z.looseObject({ id: z.string(), recordVersion: z.unknown().optional() })

/** Reads one line of what `sallyport tail --json` prints. */
export const parseRecordLine = (line: string): RecordLine => {
  if (line.trim() === '') return { kind: 'empty' }
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { kind: 'bad', fault: 'is not JSON' }
  }
  const parsed = record.safeParse(value)
  if (parsed.success && parsed.data.recordVersion === recordVersion) return { kind: 'record', record: parsed.data }
  const dropped = droppedLine.safeParse(value)
  if (dropped.success) return { kind: 'dropped', count: dropped.data.dropped }
  const version = versioned.safeParse(value)
  if (!version.success) return { kind: 'bad', fault: 'is not a decision' }
  if (version.data.recordVersion !== recordVersion) return { kind: 'version', version: version.data.recordVersion }
  const [issue] = parsed.error?.issues ?? []
  return { kind: 'bad', fault: `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'is not as it must be'}` }
}
