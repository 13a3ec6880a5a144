import { createHmac, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { formatCreatedAt } from '../../dist/admission/token/iso-time.js'
import type { FullSetUp } from './full-set-up.mjs'

const members = z.record(z.string(), z.unknown())
const recipeShape = z.object({
  id: z.string(),
  name: z.string(),
  expect: z.enum(['accept', 'reject', 'reject+noFetch', 'either', 'reject-or-ignore']),
  header: members.optional(),
  claims: members.optional(),
  rawHeader: z.string().optional(),
  rawPayload: z.string().optional(),
  rawPayloadExtra: z.string().optional(),
  rawClaim: members.optional(),
  raw: z.string().nullish(),
  key: z.enum(['other', 'empty', 'pubpem', 'pubjwk']).optional(),
  mutate: z.string().optional(),
  endpoint: z.string().optional(),
  status: z.array(z.number()).optional(),
  closeCodes: z.array(z.number()).optional(),
  maxMs: z.number().optional(),
})
export type Recipe = z.infer<typeof recipeShape>

const file = new URL('../vectors/tokens/token-recipes.json', import.meta.url)
export const recipes: readonly Recipe[] = z.object({ recipes: z.array(recipeShape) }).parse(JSON.parse(readFileSync(file, 'utf8'))).recipes

const encode = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64url')
const toStandard = (text: string): string => text.replaceAll('-', '+').replaceAll('_', '/')

const hashes: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }

/** Makes tokens by recipe, for a gate in the full set-up; each is made at the call, so that "now" is now. */
export const createForger = (target: FullSetUp['target'], trapPort: number): ((recipe: Recipe) => string) => {
  const words: Readonly<Record<string, string>> = {
    'ALG': target.alg, 'HSALG': target.alg, 'OTHERHS': 'HS256', 'USERCLAIM': target.userIdClaim, 'AUD': target.aud, 'TRAP': String(trapPort), 'DISABLED': target.disabledUser,
    'REVOKED': target.revokedJti, 'A*12000': 'A'.repeat(12_000), 'DEEP': '['.repeat(4000) + ']'.repeat(4000),
  }
  const keys = { other: 'other-secret-that-is-not-the-configured-one-00000000000000000000', empty: '', pubpem: target.publicPem, pubjwk: JSON.stringify(target.publicJwk) }

  const fill = (text: string): string => text.replace(/\{\{([^}]+)\}\}/g, (whole, word: string) => words[word] ?? whole)
  const valueOf = (value: unknown, now: number): unknown => {
    if (typeof value === 'string') return /^now([+-]\d+)?$/.test(value) ? now + Number(value.slice(3) || 0) : fill(value)
    if (Array.isArray(value)) return value.map((one) => valueOf(one, now))
    return typeof value === 'object' && value !== null ? merge({}, value, now) : value
  }
  /** Members over others; null takes one away. */
  const merge = (base: object, changes: object, now: number): Record<string, unknown> => {
    const merged = new Map<string, unknown>(Object.entries(base))
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) merged.delete(fill(name))
      else merged.set(fill(name), valueOf(value, now))
    }
    return Object.fromEntries(merged)
  }

  const payloadOf = (recipe: Recipe, claims: Readonly<Record<string, unknown>>): Buffer => {
    const [rawName, rawValue] = Object.entries(recipe.rawClaim ?? {})[0] ?? []
    const others = Object.fromEntries(Object.entries(claims).filter(([name]) => name !== rawName))
    const json = recipe.rawPayload ?? JSON.stringify(others)
    const extra = rawName === undefined ? recipe.rawPayloadExtra : `"${rawName}":${String(rawValue)}`
    const whole = extra === undefined ? json : json.replace(/\}$/, () => `,${fill(extra)}}`)
    return recipe.mutate === 'bomPayload' ? Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(whole)]) : Buffer.from(whole)
  }

  const forge = (recipe: Recipe): string => {
    if (typeof recipe.raw === 'string') return recipe.raw
    const now = Math.floor(Date.now() / 1000)
    const { sub, aud, iss, userIdClaim, extraClaims, alg } = target
    const header = merge({ alg: recipe.mutate === 'es0' ? 'ES256' : alg, typ: 'JWT' }, recipe.header ?? {}, now)
    const own = { sub, iat: now - 1, exp: now + 600, jti: randomUUID(), aud, iss, [userIdClaim]: sub, ...extraClaims }
    const claims = merge(own, recipe.claims ?? {}, now)
    if (claims['created_at'] !== undefined && typeof claims['iat'] === 'number') claims['created_at'] = formatCreatedAt(claims['iat'] * 1000)
    const bytes = payloadOf(recipe, claims)
    const [head, payload] = [encode(recipe.rawHeader === undefined ? JSON.stringify(header) : fill(recipe.rawHeader)), recipe.mutate === 'b64false' ? bytes.toString() : encode(bytes)]
    const key = recipe.key === undefined ? target.secret : keys[recipe.key]
    const mac = (text: string): string => encode(createHmac(hashes[String(header['alg'])] ?? 'sha512', key).update(text).digest())
    const [input, signature] = [`${head}.${payload}`, mac(`${head}.${payload}`)]
    switch (recipe.mutate) {
      case 'emptySig':
        return `${input}.`
      case 'dropSig':
        return input
      case 'es0':
        return `${input}.${encode(Buffer.alloc(64))}`
      case 'padding':
        return [head, payload, signature].map((part) => part + '='.repeat((4 - (part.length % 4)) % 4)).join('.')
      case 'stdB64': {
        const standard = `${toStandard(head)}.${toStandard(payload)}`
        const whole = `${standard}.${toStandard(mac(standard))}`
        // Without + or / it would be a good token: once more, with another id.
        return /[+/]/.test(whole) ? whole : forge(recipe)
      }
      case 'extraSegment':
        return `${input}.${signature}.AA`
      case 'jsonFlat':
        return JSON.stringify({ protected: head, payload, signature })
      case 'bearerPrefix':
        return `bearer Bearer\t${input}.${signature}`
      case undefined:
      case 'b64false':
      case 'bomPayload':
        return `${input}.${signature}`
      default:
        throw new RangeError(`A recipe asks for something unknown: ${recipe.mutate}`)
    }
  }
  return forge
}
