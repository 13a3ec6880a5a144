import { existsSync } from 'node:fs'
import { cp, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { installAsUser, locked, manifest, production, readLock, root, run } from './installed.js'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 })

const freeLicences = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0', 'CC0-1.0', 'Unlicense']

describe('what we depend on', () => {
  const pinned = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }

  test('is asked for by its exact version', () => {
    expect(Object.entries(pinned).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
    expect(Object.keys(manifest.dependencies).length).toBeGreaterThan(5)
  })

  test('is locked at the version that is asked for', () => {
    const versions = new Map(locked.map(([path, entry]) => [path, entry.version]))
    expect(Object.fromEntries(Object.keys(pinned).map((name) => [name, versions.get(`node_modules/${name}`)]))).toEqual(pinned)
  })

  test('is optional when it is a peer', () => {
    expect(Object.keys(manifest.peerDependencies)).toEqual(Object.keys(manifest.peerDependenciesMeta))
  })

  test('is locked by its content, and not by the place it came from', () => {
    expect(locked.filter(([, entry]) => !entry.integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([])
    expect(locked.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path)).toEqual([])
    expect(locked.length).toBeGreaterThan(100)
  })

  test('is locked for every platform it is published for, as `npm ci` wants it', () => {
    const names = new Set(locked.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)))
    const wanted = locked.flatMap(([, entry]) => Object.keys(entry['optionalDependencies'] ?? {}))
    expect(wanted.filter((name) => !names.has(name))).toEqual([])
    expect(wanted.length).toBeGreaterThan(10)
  })

  test('runs no script when it is installed', () => {
    expect(locked.filter(([, entry]) => entry.hasInstallScript).map(([path]) => path)).toEqual([])
  })

  test('has a licence that lets a user do the same with us', () => {
    expect(production.filter(([, entry]) => !freeLicences.includes(entry.license ?? '')).map(([path, entry]) => [path, entry.license])).toEqual([])
  })
})

describe('what a user installs', () => {
  let folder = ''
  let tarball = ''
  let paths: readonly string[] = []

  beforeAll(async () => {
    ;({ folder, tarball, paths } = await installAsUser())
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const own = (path: string): string => join(folder, 'node_modules', manifest.name, path)
  const targets = Object.values(manifest.exports).flatMap((target) => (typeof target === 'string' ? [target] : [target.types, target.default]))

  test('is at most 50 packages', async () => {
    const { packages } = await readLock(join(folder, 'node_modules/.package-lock.json'))
    expect(Object.keys(packages)).toContain('node_modules/ws')
    expect(Object.keys(packages).length).toBeLessThanOrEqual(50)
  })

  test('is at most 50 MB', async () => {
    const bytes = await sizeOf(join(folder, 'node_modules'))
    expect(bytes).toBeGreaterThan(1_000_000)
    expect(bytes).toBeLessThanOrEqual(50_000_000)
  })

  test.each([...targets, ...Object.values(manifest.bin)])('has the file %s that package.json names', (target) => {
    expect(existsSync(own(target))).toBe(true)
  })

  test('has a licence, a README and a change log', () => {
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md']))
  })

  test('has no tests, contract suites, maps or left-overs of the compiler', () => {
    expect(paths.filter((path) => /\.test\.|\/testing\/|\/contract\/|\.map$|tsbuildinfo|^(?:test|bench|lint|src)\//.test(path))).toEqual([])
  })

  test('has nothing in dist that no source stands behind (otherwise: npm run clean)', () => {
    const orphans = paths
      .filter((path) => path.startsWith('dist/') && path.endsWith('.js'))
      .filter((path) => !existsSync(join(root, path.replace(/^dist/, 'src').replace(/\.js$/, '.ts'))))
    expect(orphans).toEqual([])
  })

  test('imports only what it brings along', async () => {
    const known = [manifest.name, ...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]
    const compiled = paths.filter((path) => path.startsWith('dist/') && path.endsWith('.js'))
    const missing: string[] = []
    let seen = 0
    for (const path of compiled) {
      const text = await readFile(own(path), 'utf8')
      for (const [, fixed, lazy] of text.matchAll(/^(?:import|export)(?: [^'";=(]* from)? ['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm)) {
        const specifier = fixed ?? lazy ?? ''
        seen += 1
        if (isBuiltin(specifier)) continue
        const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
        const here = specifier.startsWith('.') ? existsSync(join(dirname(own(path)), specifier)) : known.includes(name)
        if (!here) missing.push(`${path}: ${specifier}`)
      }
    }
    expect(missing).toEqual([])
    expect(seen).toBeGreaterThan(compiled.length)
  })

  test.each(Object.keys(manifest.exports).filter((name) => name !== './package.json'))('can be imported as "%s"', async (name) => {
    const specifier = join(manifest.name, name)
    const script = `const names = Object.keys(await import('${specifier}')); if (names.length === 0 || names.includes('default')) throw new Error(names.join())`
    await expect(run(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder })).resolves.toMatchObject({ stderr: '' })
  })

  test('can be imported without its optional peers', () => {
    expect(Object.keys(manifest.peerDependencies).filter((name) => existsSync(join(folder, 'node_modules', name)))).toEqual([])
  })

  test('answers as a command', async () => {
    const { stdout } = await run(process.execPath, [own(manifest.bin['sallyport'] ?? ''), 'version'], { cwd: folder })
    expect(stdout.trim()).toBe(manifest.version)
  })

  test('has types that a strict project compiles against, without skipping the check of libraries', async () => {
    const project = join(folder, 'typed')
    // Who writes a WebSocket server in TypeScript has these two.
    for (const types of ['node', 'ws']) await cp(join(root, 'node_modules/@types', types), join(project, 'node_modules/@types', types), { recursive: true })
    await cp(join(root, 'node_modules/undici-types'), join(project, 'node_modules/undici-types'), { recursive: true })
    await mkdir(join(project, 'src'), { recursive: true })
    const names = Object.keys(manifest.exports).filter((name) => name !== './package.json')
    const lines = names.map((name, index) => `export * as part${String(index)} from '${join(manifest.name, name)}'\n`)
    await writeFile(join(project, 'src/index.ts'), lines.join(''))
    const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, skipLibCheck: false, types: ['node'] }
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }))
    await cp(join(folder, 'node_modules', manifest.name), join(project, 'node_modules', manifest.name), { recursive: true })
    const result = await run(join(root, 'node_modules/.bin/tsc'), ['-p', project], { cwd: project }).catch((failed: unknown) => failed)
    expect(result).toMatchObject({ stdout: '' })
  })

  test('satisfies publint', async () => {
    const { stdout } = await run(join(root, 'node_modules/.bin/publint'), [tarball, '--strict'], { cwd: folder })
    expect(stdout).toContain('All good!')
  })

  test('has an answer to "are the types wrong?", which is no', async () => {
    const { stdout } = await run(join(root, 'node_modules/.bin/attw'), [tarball, '--profile', 'esm-only', '--format', 'json'], { cwd: folder })
    const report = z.object({ analysis: z.object({ entrypoints: z.record(z.string(), z.unknown()) }) }).parse(JSON.parse(stdout))
    expect(Object.keys(report.analysis.entrypoints)).toEqual(Object.keys(manifest.exports))
  })
})

const sizeOf = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(entries.map(async (entry) => (await lstat(join(entry.parentPath, entry.name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
