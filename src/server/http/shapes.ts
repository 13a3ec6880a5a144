import { z } from 'zod'
import { maxPassword, minPassword } from '../login/password-rule.js'
import type { BanSubject } from '../../admission/ban.js'
import { isSeconds } from '../../admission/is-seconds.js'
import { storableText } from '../../conversation/storable-text.js'
import { address, auditWord, banReason, denialReason, email, endpointName, handshakeOrigin, handshakePath, network, newUserId, sessionId, tokenId, userId } from './fields.js'

/** Ten years; whoever means longer means for ever. */
const maxDurationMs = 10 * 365 * 86_400_000
/** What a ban lasts when nothing is said. */
const defaultBanMs = 86_400_000

const epochMs = z.int().min(0).max(8_640_000_000_000_000).refine((moment) => !isSeconds(moment), 'must be epoch milliseconds, not seconds: multiply by 1000')
/** A number in a query or a path, in digits and nothing else. */
const digits = z.string().regex(/^\d{1,16}$/, 'must be a whole number').transform(Number)
const role = z.enum(['owner', 'admin', 'agent', 'customer'])

/** Why; read by people and compared with nothing. */
const reason = banReason.default('').transform(storableText)

const subjectFields = { network: network.optional(), userId: userId.optional() }
const oneSubject = (subject: { readonly network?: string | undefined; readonly userId?: string | undefined }): boolean =>
  (subject.network === undefined) !== (subject.userId === undefined)
const oneSubjectMessage = 'exactly one of "network" and "userId" must be given'

export interface SubjectFields {
  readonly network?: string | undefined
  readonly userId?: string | undefined
}

/** `undefined` only for fields that `oneSubject` has not seen. */
export const subjectOf = ({ network: range, userId: id }: SubjectFields): BanSubject =>
  range === undefined ? { kind: 'user', userId: id ?? '' } : { kind: 'network', network: range }

export const banBody = z
  .strictObject({
    ...subjectFields,
    reason,
    durationMs: z.int().min(1000).max(maxDurationMs).nullable().default(defaultBanMs),
    force: z.boolean().default(false),
    ownAddress: address.optional(),
  })
  .refine(oneSubject, oneSubjectMessage)

/** Bans are sent in parts of so many, so that none takes long; a limit of bytes holds beside it. */
const maxBansAtOnce = 1_000

/** One ban of an import; `expiresAt` null never ends. */
export const importedBanBody = z
  .strictObject({ ...subjectFields, reason, expiresAt: epochMs.nullable() })
  .refine(oneSubject, oneSubjectMessage)

export const bansImportBody = z.strictObject({
  bans: z.array(importedBanBody).min(1).max(maxBansAtOnce),
  force: z.boolean().default(false),
  ownAddress: address.optional(),
})

export const bansQuery = z.strictObject({
  after: z.uuid().optional(),
  limit: digits.pipe(z.int().min(1).max(1000)).default(1000),
})

export const banPreviewBody = z.strictObject({ ...subjectFields, ownAddress: address.optional() }).refine(oneSubject, oneSubjectMessage)

export const subjectQuery = z.strictObject(subjectFields).refine(oneSubject, oneSubjectMessage)

export const revocationBody = z
  .strictObject({ tokenId: tokenId.optional(), untilAt: epochMs.optional(), userId: userId.optional(), beforeAt: epochMs.optional() })
  .refine((body) => (body.tokenId === undefined) !== (body.userId === undefined), 'exactly one of "tokenId" and "userId" must be given')
  .refine((body) => body.tokenId === undefined || body.beforeAt === undefined, '"beforeAt" belongs to "userId"; beside "tokenId" it is "untilAt"')
  .refine((body) => body.userId === undefined || body.untilAt === undefined, '"untilAt" belongs to "tokenId"; beside "userId" it is "beforeAt"')
  .transform((body) => (body.tokenId === undefined ? { userId: body.userId ?? '', beforeAt: body.beforeAt } : { tokenId: body.tokenId, untilAt: body.untilAt }))

export const sessionsQuery = z.strictObject({ userId: userId.optional() })
export const kickQuery = z.strictObject({ userId })

export const newUserBody = z.strictObject({
  id: newUserId.optional(),
  email,
  role: role.default('agent'),
})

/** Of a path. */
export const userParams = z.object({ id: userId })
export const sessionParams = z.object({ id: sessionId })

export const changedUserBody = z.strictObject({ userId })
export const userChangeBody = z.strictObject({ active: z.boolean(), workspace: z.string().regex(/^[1-9]\d{0,14}$/, 'must be the number of a workspace').optional() })

export const passwordBody = z.strictObject({ password: z.string().min(minPassword).max(maxPassword) })

const decisionFilter = {
  outcome: z.enum(['admitted', 'denied']).optional(),
  reason: denialReason.optional(),
  address: network.optional(),
  userId: userId.optional(),
  endpoint: endpointName.optional(),
}

export const decisionStreamQuery = z.strictObject(decisionFilter)

export const decisionsQuery = z.strictObject({
  ...decisionFilter,
  before: z.uuid().optional(),
  limit: digits.pipe(z.int().min(1).max(1000)).default(100),
})

export const explainBody = z.strictObject({
  path: handshakePath,
  address,
  origin: handshakeOrigin.optional(),
  token: z.string().max(16_384).optional(),
})

const auditId = digits.pipe(z.int().min(1))

export const auditQuery = z.strictObject({
  actor: auditWord.optional(),
  action: auditWord.optional(),
  subject: auditWord.optional(),
  before: auditId.optional(),
  limit: digits.pipe(z.int().min(1).max(1000)).default(100),
})

export const auditParams = z.strictObject({ id: auditId })

export const undoBody = z.strictObject({ force: z.boolean().default(false), ownAddress: address.optional() })

export const tokenCheckBody = z.strictObject({ token: z.string().max(16_384) })
