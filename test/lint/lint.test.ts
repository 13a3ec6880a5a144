import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const fixtures = join(import.meta.dirname, 'fixtures')
const oxlint = join(root, 'node_modules/.bin/oxlint')

/** What the linter found, by file: each rule once, `plugin/rule`. */
type Findings = ReadonlyMap<string, readonly string[]>

interface Report {
  readonly diagnostics: readonly { readonly code?: string; readonly filename: string; readonly severity: string; readonly message: string }[]
}

const ruleOf = (finding: Report['diagnostics'][number]): string => {
  if (finding.message.startsWith('Unused oxlint-disable directive')) return 'unused-directive'
  const [, plugin, rule] = /^(.+)\((.+)\)$/.exec(finding.code ?? '') ?? []
  return plugin === undefined ? finding.message : `${plugin}/${rule ?? ''}`
}

const lint = async (folder: string): Promise<Findings> => {
  const run = promisify(execFile)(oxlint, ['--format', 'json'], { cwd: folder, maxBuffer: 64 * 1024 * 1024 })
  const stdout = await run.then(
    (done) => done.stdout,
    // The linter found something, which is what these folders are for: its report is on stdout all the same.
    (failed: unknown) => (failed instanceof Error && 'stdout' in failed ? String(failed.stdout) : ''),
  )
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the linter's own report, in the shape of its pinned version
  const report = JSON.parse(stdout) as Report
  const findings = new Map<string, string[]>()
  for (const finding of report.diagnostics) {
    const rules = findings.get(finding.filename) ?? []
    const rule = `${finding.severity === 'error' ? '' : 'not an error: '}${ruleOf(finding)}`
    if (!rules.includes(rule)) rules.push(rule)
    findings.set(finding.filename, rules)
  }
  return findings
}

/** A project folder of its own, with our rules and none of our code. */
const createProject = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-lint-'))
  for (const part of ['.oxlintrc.json', 'lint', 'package.json', 'tsconfig.json', 'tsconfig.test.json', 'bench/tsconfig.json']) {
    await cp(join(root, part), join(folder, part), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

const filesIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

const planted = await Promise.all(
  (await filesIn(fixtures)).map(async (file) => {
    const text = await readFile(join(fixtures, file), 'utf8')
    return { file, rules: /^\/\/ planted: (.+)$/m.exec(text)?.[1]?.split(' ') ?? [] }
  }),
)

describe('the linter on planted violations', () => {
  let project: string
  let findings: Findings

  beforeAll(async () => {
    project = await createProject()
    await cp(fixtures, project, { recursive: true })
    findings = await lint(project)
  })
  afterAll(() => rm(project, { recursive: true }))

  test.each(planted.filter((fixture) => fixture.rules.length > 0))('sees $rules, and nothing else, in $file', ({ file, rules }) => {
    expect(findings.get(file)?.toSorted()).toEqual(rules)
  })

  test.each(planted.filter((fixture) => fixture.rules.length === 0))('has nothing against $file', ({ file }) => {
    expect(findings.get(file) ?? []).toEqual([])
  })

  test('looks at every room that the walk knows', () => {
    const rooms = planted
      .filter(({ rules: found }) => found.includes('sallyport/room-direction'))
      .map(({ file }) => dirname(file))
    expect(new Set(rooms)).toEqual(
      new Set([
        ...['protocol', 'admission', 'session', 'conversation', 'classic', 'node', 'server', 'cli', 'client'].map((room) => `src/${room}`),
        ...['memory', 'sqlite', 'postgres'].map((technology) => `src/stores/${technology}`),
        'src',
        'console',
      ]),
    )
  })

  test('has a planted violation for every rule that the configuration names as an error', async () => {
    const config = await readFile(join(root, '.oxlintrc.json'), 'utf8')
    const named = [...config.matchAll(/"([a-z]+\/[a-z0-9-]+)": (?:\[\s*)?"error"/g)].map(([, rule]) => rule ?? '')
    const seen = [...planted.flatMap(({ rules }) => rules), ...rulesForTests.map(({ rule }) => rule)]
    expect(named.filter((rule) => !seen.includes(rule))).toEqual([])
    expect(named.length).toBeGreaterThan(30)
  })
})

const rulesForTests = [
  { rule: 'vitest/no-focused-tests', body: "import { expect, test } from 'vitest'\n\ntest.only('one', () => {\n  expect(1).toBe(1)\n})\n" },
  { rule: 'vitest/no-disabled-tests', body: "import { expect, test } from 'vitest'\n\ntest.skip('one', () => {\n  expect(1).toBe(1)\n})\n" },
]

describe('the linter on test files', () => {
  let project: string

  beforeAll(async () => {
    project = await createProject()
    await mkdir(join(project, 'src/session'), { recursive: true })
    await mkdir(join(project, 'src/stores/memory'), { recursive: true })
    await writeFile(join(project, 'src/stores/memory/bans.ts'), 'export const bans = new Set<string>()\n')
  })
  afterAll(() => rm(project, { recursive: true }))

  const lintTest = async (body: string): Promise<readonly string[]> => {
    await writeFile(join(project, 'src/session/one.test.ts'), body)
    return (await lint(project)).get('src/session/one.test.ts') ?? []
  }

  test.each(rulesForTests)('sees $rule', async ({ rule, body }) => {
    expect(await lintTest(body)).toEqual([rule])
  })

  test('lets a test read files, take memory stores and start processes', async () => {
    const body = [
      "import { spawnSync } from 'node:child_process'",
      "import { readFileSync } from 'node:fs'",
      "import { bans } from '../stores/memory/bans.js'",
      '',
      "export const all = [spawnSync('true').status, readFileSync('x', 'utf8'), bans.size]",
      '',
    ]
    expect(await lintTest(body.join('\n'))).toEqual([])
  })

  test('does not let a test promise float or walk against the direction of the rooms', async () => {
    await mkdir(join(project, 'src/server'), { recursive: true })
    await writeFile(join(project, 'src/server/start.ts'), 'export const start = async (): Promise<void> => {}\n')
    const body = ["import { start } from '../server/start.js'", '', 'export const begin = (): void => {', '  start()', '}', '']
    expect((await lintTest(body.join('\n'))).toSorted()).toEqual(['sallyport/room-direction', 'typescript/no-floating-promises'])
  })
})

describe('the tree itself', () => {
  test('is clean', async () => {
    expect(Object.fromEntries(await lint(root))).toEqual({})
  })
})
