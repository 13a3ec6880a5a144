import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './installed.js'

interface Rule {
  readonly name: string
  readonly pattern: RegExp
  /** Files that may say it. */
  readonly except?: RegExp
}

const inTests = /^test\/|\.test\.tsx?$|\/testing\//
const inVectors = /^test\/vectors\//

// In pieces, here and in the samples below, so that this file does not find itself.
const typists = [
  ['clau', 'de'],
  ['anthro', 'pic'],
  ['chat', 'gpt'],
  ['open', 'ai'],
  ['co', 'pilot'],
  ['LL', 'Ms?'],
  ['language ', 'models?'],
  ['AI ', 'agents?'],
  ['coding ', '(?:agent|assistant)s?'],
  ['sub-?', 'agents?'],
]

const rules: readonly Rule[] = [
  // Where this was written says nothing about the project, and a path of it works nowhere else.
  { name: 'a path of one machine', pattern: /(?<![\w.*)\]}])\/(?:work|root)\/|\/(?:home|Users)\/[a-z]+\/(?!\.)/ },
  { name: 'a package registry', pattern: /\bregistry\.(?:npmjs|yarnpkg|npmmirror)\b|https?:\/\/[^\s/'"]*(?:registry|artifactory|verdaccio|nexus)[^\s/'"]*/i },
  { name: 'who or what typed it', pattern: new RegExp(`\\b(?:${typists.map((pieces) => pieces.join('')).join('|')})\\b`, 'i') },
  {
    name: 'the order of work',
    pattern:
      /\b(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?) #\d+|\bas (?:asked|requested|instructed|described) (?:by|in) the (?:brief|prompt|task|issue)\b|\b(?:work(?:ing)? sessions?|sessions? of work|(?:this|previous|next|last|an earlier) (?:coding|work|chat) session)\b/i,
  },
  { name: 'papers that are not in this repository', pattern: /\b(?:design|style-guide|transport|brief)\.md\b|\.\.\/shared\/|\bdesign,? section \d|\bsection \d+ of the design\b/i },
  { name: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|["']?\bd["']?\s*:\s*["'][\w-]{40,}["']/, except: inVectors },
  { name: 'a whole token', pattern: /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{20,}/, except: inTests },
  { name: 'a key of some service', pattern: /\b(?:gh[opsu]_\w{36}|npm_\w{36}|AKIA[0-9A-Z]{16}|xox[abp]-[\w-]{10,}|sk-[A-Za-z0-9]{20,})\b/ },
]

const found = (file: string, text: string): readonly string[] =>
  text.split('\n').flatMap((line, index) =>
    rules
      .filter(({ pattern, except }) => pattern.test(line) && except?.test(file) !== true)
      .map(({ name }) => `${file}:${String(index + 1)} tells ${name}: ${line.trim().slice(0, 100)}`),
  )

test('no file of this repository speaks of anything but the project, or gives a secret away', async () => {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split('\0')
  const texts = await Promise.all(
    // A file that was deleted and not yet committed as such is still listed.
    files.filter((file) => file !== '').map(async (file) => ({ file, text: await readFile(join(root, file), 'utf8').catch(() => '') })),
  )
  const readable = texts.filter(({ text }) => text !== '' && !text.includes('\0'))
  expect(readable.flatMap(({ file, text }) => found(file, text))).toEqual([])
  expect(readable.length).toBeGreaterThan(100)
})

describe('the search', () => {
  const base64 = 'abcdefghij'.repeat(5)
  const token = [...['hbGciOiJI', 'zdWIiOiIx'].map((part) => `eyJ${part}`), base64].join('.')

  test.each([
    ['a path of one machine', ['', 'work', 'main', 'src'].join('/')],
    ['a path of one machine', `cd ${['', 'root', '.npm'].join('/')}`],
    ['a path of one machine', `"${['', 'home', 'anna', 'sallyport'].join('/')}"`],
    ['a package registry', ['registry', 'npmjs', 'org'].join('.')],
    ['a package registry', ['https:', '', 'npm-registry.example', 'ws'].join('/')],
    ['who or what typed it', ['AI', 'agent'].join(' ')],
    ['who or what typed it', ['written with', ['Chat', 'GPT'].join('')].join(' ')],
    ['the order of work', ['fixes', '#12'].join(' ')],
    ['the order of work', ['in the', 'previous', 'work', 'session'].join(' ')],
    ['papers that are not in this repository', ['see design', 'md'].join('.')],
    ['papers that are not in this repository', ['the design', 'section 6'].join(', ')],
    ['a private key', ['-----BEGIN', 'RSA', 'PRIVATE', 'KEY-----'].join(' ')],
    ['a private key', ['{"kty":"EC",', '"d"', ':"', base64, '"}'].join('')],
    ['a whole token', token],
    ['a key of some service', ['gh', `p_${'a1b2c3'.repeat(6)}`].join('')],
  ])('sees %s', (name, line) => {
    expect(found('README.md', line).join()).toContain(`tells ${name}:`)
  })

  test.each([
    'A session ends with its token; the next session has a new one.',
    'The support agent works in the inbox, and an AI message is marked as such.',
    'User-Agent: curl/8',
    'GET /api/v1/work/ HTTP/1.1',
    'sallyport reads ./root/config and https://example.org/root/x',
    'const text = registry.metrics()',
    'the issue of a ticket, and one who resolves it',
    'eyJhbGciOiJIUzUxMiIs...',
  ])('has nothing against "%s"', (line) => {
    expect(found('README.md', line)).toEqual([])
  })

  test('lets vectors hold keys and tests hold tokens, and nobody else', () => {
    const key = ['-----BEGIN', 'PRIVATE', 'KEY-----'].join(' ')
    expect(found('test/vectors/keys.pem', key)).toEqual([])
    expect(found('src/session/session.test.ts', token)).toEqual([])
    expect(found('src/session/session.ts', `${key} ${token}`)).toHaveLength(2)
  })
})
