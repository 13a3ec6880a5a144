import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { verify } from '../exam/jws-adapter.mjs'

const text = z.string()
const { vectors } = z
  .object({
    vectors: z.array(
      z.object({
        id: text,
        group: text,
        comment: text,
        keys: z.array(z.record(text, z.unknown())),
        allowedAlgs: z.array(text),
        token: z.union([text, z.record(text, z.unknown())]),
        expect: z.enum(['accept', 'reject', 'either', 'skip']),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('jose/jws-vectors.json', import.meta.url), 'utf8')))

const judged = vectors.filter((vector) => vector.expect === 'accept' || vector.expect === 'reject')

/** Judged vectors by group: a vector that goes missing must not go unseen. */
const counts = {
  hs256: 12,
  es256: 7,
  rs256: 122,
  rs384: 4,
  rs512: 4,
  ps256: 20,
  ps384: 5,
  ps512: 10,
  rfc7520: 15,
  rfc7520WithKeyOps: 2,
  rsa_encryption: 1,
  base64: 10,
  SpecialCaseEs256: 12,
  jws_keyset: 2,
  keysize_too_small: 1,
  exponentOne: 1,
  HS256: 3,
  HS512: 3,
  HS384: 2,
  wrong_algorithm: 1,
  invalid_algorithm: 1,
  invalid_use: 1,
  jws_aes: 10,
  jws_ec: 6,
  jws_rsa: 7,
  rfc7515: 1,
}

describe('the signature layer agrees with the vectors of others', () => {
  test('all of which are here', () => {
    const found: Record<string, number> = {}
    for (const { group } of judged) found[group] = (found[group] ?? 0) + 1
    expect(found).toEqual(counts)
    expect(judged).toHaveLength(263)
    expect(judged.filter((vector) => vector.expect === 'accept')).toHaveLength(57)
  })

  test.each(Object.keys(counts))('in the group %s', async (group) => {
    const wrong: string[] = []
    for (const vector of judged.filter((one) => one.group === group)) {
      const answer = await verify(vector).then(
        () => 'accept',
        () => 'reject',
      )
      if (answer !== vector.expect) wrong.push(`${vector.id} (${vector.comment}): ${answer}`)
    }
    expect(wrong).toEqual([])
  })

  test('and answers the rest, which are a matter of policy, without hanging', async () => {
    for (const vector of vectors.filter((one) => one.expect === 'either')) {
      expect(['accept', 'reject']).toContain(
        await verify(vector).then(
          () => 'accept',
          () => 'reject',
        ),
      )
    }
  })
})
