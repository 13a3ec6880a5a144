import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { envExample } from './describe.js'
import { keys } from './keys.js'
import { decodeText, envName, type Leaf } from './leaf.js'

const leaves: readonly Leaf<unknown>[] = Object.values(keys)

test('every key has a path and a variable of its own, a sentence, and words for what is allowed', () => {
  for (const { path, sentence, allowed } of leaves) {
    expect(path).toMatch(/^[a-z][A-Za-z]*(?:\.[a-z][A-Za-z]*)*$/)
    expect(envName(path)).toMatch(/^SALLYPORT_[A-Z]+(?:_[A-Z]+)*$/)
    expect(sentence).toMatch(/^[A-Z`].*\.$/s)
    expect(allowed).not.toBe('')
  }
  expect(new Set(leaves.map(({ path }) => path)).size).toBe(leaves.length)
  expect(new Set(leaves.map(({ path }) => envName(path))).size).toBe(leaves.length)
})

test('no variable is another one with _FILE behind it', () => {
  for (const { path } of leaves) expect(envName(path)).not.toMatch(/_FILE$/)
})

test('the words of a path become the words of its variable', () => {
  expect(envName('limits.userConnects.max')).toBe('SALLYPORT_LIMITS_USER_CONNECTS_MAX')
  expect(envName('publicUrl')).toBe('SALLYPORT_PUBLIC_URL')
  expect(envName('tokens.allowShortSecretUntil')).toBe('SALLYPORT_TOKENS_ALLOW_SHORT_SECRET_UNTIL')
})

test('every default is allowed', () => {
  for (const { path, schema, fallback } of leaves) expect([path, schema.safeParse(fallback).success]).toEqual([path, true])
})

test('the example names every variable, and its defaults read back as the defaults', () => {
  const uncommented = envExample().replaceAll(/^#(?=SALLYPORT_)/gm, '')
  const read = parseEnv(uncommented)
  expect(Object.keys(read).toSorted()).toEqual(leaves.map(({ path }) => envName(path)).toSorted())
  for (const { path, notation, fallback } of leaves) {
    const text = read[envName(path)] ?? ''
    if (fallback === undefined) expect([path, text]).toEqual([path, ''])
    else expect([path, decodeText(text, notation)]).toEqual([path, fallback])
  }
})

test('.env.example is the text that is generated', async () => {
  expect(await readFile(new URL('../../../.env.example', import.meta.url), 'utf8')).toBe(envExample())
})
