import { z } from 'zod'
import { canonicalAddress } from '../../admission/address/canonical.js'
import { parseNetwork } from '../../admission/address/network.js'
import { isId } from '../../admission/token/claim-shapes.js'
import { denials } from '../../protocol/denial.js'
import { looksLikeToken } from '../../protocol/looks-like-token.js'

/** For the command line, which refuses one before it is sent. */
export { looksLikeToken }

/** Text without control characters and halves of surrogate pairs, which keeps them out of logs and of SQL bindings; what tokens name has none either. */
const plainText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
    .regex(/^[^\u0000-\u001f\u007f\p{Surrogate}]*$/u, 'must not hold control characters')

/** As long as an id in a token may be: whoever gets in can be banned. Somebody who gives a token in its place would have it stored and logged. */
export const userId = plainText(256)
  .refine(isId, 'must be an id as a token can name it, without white space at its ends')
  .refine((text) => !looksLikeToken(text), 'must be the id of a user, not a token')

/** Of a user who is made: people must be able to see it and to write it down. */
export const newUserId = userId.regex(/[^\p{Z}\p{Cc}\p{Default_Ignorable_Code_Point}]/u, 'must hold a character that can be seen')

export const network = z.string().max(64).refine((text) => parseNetwork(text) !== undefined, 'must be an address or a CIDR range')

export const address = z.string().max(64).refine((text) => canonicalAddress(text) !== undefined, 'must be an address')

export const email = z.email().max(254)

/** Why somebody was banned, for operators. It is stored, listed and exported, where a token would go on opening doors until its end. */
export const banReason = z.string().max(500).refine((text) => !looksLikeToken(text), 'must not hold a token: its id (jti) says which it was')

/** Somebody who names the token itself would have it stored and logged as its id. */
export const tokenId = plainText(256).refine((text) => !looksLikeToken(text), 'must be the id (jti) of a token, not the token')

export const sessionId = z.string().regex(/^[\w-]{1,64}$/)

export const denialReasons: readonly string[] = Object.keys(denials)

/** A word that is no reason would be waited for in vain. */
export const denialReason = z.string().max(40).refine((word) => Object.hasOwn(denials, word), 'must be a reason of the table in PROTOCOL.md')

export const endpointName = z.string().max(64)

/** Of a handshake that somebody asks about. */
export const handshakePath = z.string().max(8192).startsWith('/')
export const handshakeOrigin = z.string().max(512)

/** Of a line in the audit log. */
export const auditWord = plainText(300)
