/**
 * Lets a runner of JWS vectors drive the signature layer that admission uses: the same parser, key policy and signature checks.
 *
 * Run as `node <runner>/jws.mjs test/exam/jws-adapter.mjs` after `npm run build`.
 */
import { isAlgorithm } from '../../dist/admission/token/algorithm.js'
import { importKey } from '../../dist/admission/token/import-key.js'
import { parseCompact } from '../../dist/admission/token/parse-compact.js'
import { answersTo, signatureHolds } from '../../dist/admission/token/verify-signature.js'

/** Resolves when the signature of a token holds under one of the keys, each bound to one of the allowed algorithms; throws otherwise. */
export const verify = async ({ token, keys, allowedAlgs }) => {
  if (typeof token !== 'string') throw new TypeError('only the compact serialization is read')
  const algorithms = allowedAlgs.filter(isAlgorithm)
  if (algorithms.length === 0) throw new RangeError('no algorithm is allowed')
  const parsed = parseCompact(token)
  if (!parsed.ok) throw new Error(parsed.detail)
  const imported = await Promise.all(keys.map((jwk, index) => importVectorKey(jwk, algorithms, `keys[${index}]`)))
  for (const key of imported.filter((one) => answersTo(one, parsed.token.header))) {
    if (await signatureHolds(parsed.token, key)) return
  }
  throw new Error('the signature does not hold')
}

/** Some vectors of RFC 7520 name the algorithm of their P-521 key `ES521`, which is not registered; it stands for ES512. */
const importVectorKey = async (jwk, algorithms, path) =>
  importKey({ jwk: jwk.alg === 'ES521' ? { ...jwk, alg: 'ES512' } : jwk }, { algorithms, path })
