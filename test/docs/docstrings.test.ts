import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { API, SignatureKind, SymbolFlags, type Symbol, type Type } from 'typescript/unstable/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keys } from '../../dist/server/config/keys.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const manifest: unknown = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

/** The sources of what `exports` lets somebody import. */
const entries = [...JSON.stringify(manifest).matchAll(/"types":"\.\/dist\/([^"]+)\.d\.ts","default"/g)].map(([, path = '']) => `src/${path}.ts`)

const api = new API({ cwd: root })
afterAll(() => {
  api.close()
})

const project = api.updateSnapshot({ openProjects: [`${root}tsconfig.json`] }).getProjects()[0]
if (project === undefined) throw new Error('the compiler has opened no project')
const { checker, program } = project

/** Files whose types are made from the keys of the configuration: what each key is, is said there. */
const madeFromKeys = /\/src\/server\/config\/(?:config|define-config)\.ts$/i

const isOurs = ({ declarations }: Symbol): boolean => declarations.length > 0 && declarations.every(({ path }) => path.startsWith(`${root}src/`) && !madeFromKeys.test(path))

/** Types that are looked into as deep as they go: what somebody writes, in contrast to what somebody is handed. */
const written = /(?:Options|Config)$/

/** The names, such as `GateOptions.limits.userConnects`, of what has no docstring in a type. */
const bareMembers = (type: Type | undefined, name: string, seen: Set<number>): readonly string[] => {
  if (type === undefined || seen.has(type.id)) return []
  seen.add(type.id)
  if (type.isUnionType() || type.isIntersectionType()) return type.getTypes().flatMap((one) => bareMembers(one, name, seen))
  if (!type.isObjectType()) return []
  if (type.isTypeReference() && checker.isArrayLikeType(type)) return checker.getTypeArguments(type).flatMap((one) => bareMembers(one, name, seen))
  return checker
    .getPropertiesOfType(type)
    .filter(isOurs)
    .flatMap((member) => {
      const path = `${name}.${member.name}`
      const bare = member.getDocumentationComment(checker) === '' ? [path] : []
      const [first = ''] = name.split('.')
      return written.test(first) ? [...bare, ...bareMembers(checker.getTypeOfSymbol(member), path, seen)] : bare
    })
}

const exportsOf = (entry: string): readonly (readonly [name: string, symbol: Symbol])[] => {
  const file = program.getSourceFile(`${root}${entry}`)
  const module = file && checker.getSymbolAtLocation(file)
  if (module === undefined) throw new Error(`${entry} is no module`)
  return checker.getExportsOfModule(module).map((one) => [one.name, (one.flags & SymbolFlags.Alias) === 0 ? one : checker.getAliasedSymbol(one)])
}

test('package.json lets somebody import four modules', () => {
  expect(entries).toEqual(['src/index.ts', 'src/create-classic.ts', 'src/protocol/index.ts', 'src/server/index.ts'])
})

test.each(entries)('everything that %s exports says what it is', (entry) => {
  const exported = exportsOf(entry)
  expect(exported.length).toBeGreaterThan(1)
  expect(exported.flatMap(([name, symbol]) => (symbol.getDocumentationComment(checker) === '' ? [name] : []))).toEqual([])
})

test.each(entries)('every member of a type that %s exports says what it is, and of options those within them', (entry) => {
  const types = exportsOf(entry).filter(([, { flags }]) => (flags & (SymbolFlags.Interface | SymbolFlags.TypeAlias)) !== 0)
  expect(types.flatMap(([name, symbol]) => bareMembers(checker.getDeclaredTypeOfSymbol(symbol), name, new Set()))).toEqual([])
})

/** What an example takes for granted: everything that can be imported, and what whoever copies it has already. */
const prologue = `
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
${entries.map((entry, index) => `import * as entry${String(index)} from ${JSON.stringify(new URL(entry.replace('src/', 'dist/').replace(/ts$/, 'js'), pathToFileURL(root)).href)}`).join('\n')}
const { WebSocketServer } = createRequire(${JSON.stringify(`${root}package.json`)})('ws')
const { ${[...new Set(entries.flatMap((entry) => exportsOf(entry).flatMap(([name, { flags }]) => ((flags & SymbolFlags.Variable) === 0 ? [] : [name]))))].join(', ')} } = { ${entries.map((_, index) => `...entry${String(index)}`).join(', ')} }
const secret = 'the grey heron waits by the river until seventy small fish come back again'
const lookupUser = async (id) => ({ id, active: true })
const findUser = lookupUser
const token = 'of somebody'
const server = createServer()
const wss = new WebSocketServer({ noServer: true })
const onSession = () => undefined
const gate = await createGate({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret }], lookupUser })
`

describe('the example of a function that is exported', () => {
  const examples = entries.flatMap((entry) =>
    exportsOf(entry)
      .filter(([, { flags }]) => (flags & SymbolFlags.Variable) !== 0)
      .flatMap(([name, symbol]) => {
        const type = checker.getTypeOfSymbol(symbol)
        if (type === undefined || checker.getSignaturesOfType(type, SignatureKind.Call).length === 0) return []
        return [{ name, example: symbol.getJsDocTags(checker).find((tag) => tag.name === 'example')?.text ?? '' }]
      }),
  )

  let cwd = ''
  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'sallyport-examples-'))
    await writeFile(join(cwd, 'users.js'), 'exports.findUser = (id) => ({ id, active: true })\n')
  })
  afterAll(() => rm(cwd, { recursive: true, force: true }))

  test('is there for each of them', () => {
    const names = ['createBlockingGuard', 'createClassic', 'createGate', 'createPush', 'defineConfig', 'deny', 'isReason', 'loadConfig', 'offload', 'openFastLane', 'startServer', 'statusOf']
    expect(examples.map(({ name }) => name).toSorted()).toEqual(names)
    expect(examples.filter(({ name, example }) => !example.includes(`${name}(`))).toEqual([])
  })

  test.each(examples)('runs: $name', async ({ name, example }) => {
    const file = join(cwd, `${name}.mjs`)
    await writeFile(file, `${prologue}\n{\n${example.replace(/^export default /m, '')}\n}\n`)
    const env = { PATH: process.env['PATH'] ?? '', SALLYPORT_LISTEN_PORT: '0', SALLYPORT_INTERNAL_PORT: '0', SALLYPORT_TOKENS_SECRET: randomBytes(64).toString('base64url') }
    // It ends by itself: an example leaves nothing behind that keeps a process alive.
    await promisify(execFile)(process.execPath, [file], { cwd, env, timeout: 50_000 })
  })
})

test('every key of the configuration has a sentence', () => {
  expect(Object.values(keys).flatMap(({ path, sentence }) => (/^[A-Z].*\.$/s.test(sentence) ? [] : [path]))).toEqual([])
})
