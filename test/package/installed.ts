import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

export const root = fileURLToPath(new URL('../../', import.meta.url))
export const run = promisify(execFile)

const dependencies = z.record(z.string(), z.string()).default({})
const target = z.union([z.string(), z.object({ types: z.string(), default: z.string() }).strict()])

export const manifest = z
  .looseObject({
    name: z.string(),
    version: z.string(),
    bin: z.record(z.string(), z.string()),
    exports: z.record(z.string(), target),
    dependencies,
    devDependencies: dependencies,
    optionalDependencies: dependencies,
    peerDependencies: dependencies,
    peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.literal(true) })).default({}),
  })
  .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))

const lockEntry = z.looseObject({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  hasInstallScript: z.boolean().default(false),
  dev: z.boolean().default(false),
  devOptional: z.boolean().default(false),
})
const lockFile = z.object({ name: z.string(), lockfileVersion: z.literal(3), packages: z.record(z.string(), lockEntry) })

export type LockEntry = z.infer<typeof lockEntry>
export const readLock = async (file: string): Promise<z.infer<typeof lockFile>> => lockFile.parse(JSON.parse(await readFile(file, 'utf8')))

/** Our lock file without its root: every package that any of us gets, by its path. */
export const locked = Object.entries((await readLock(join(root, 'package-lock.json'))).packages).filter(([path]) => path !== '')

/** What a user gets and a developer of this project does not alone. */
export const production = locked.filter(([, entry]) => !entry.dev && !entry.devOptional)

/** What `npm pack` carries, and where it laid it. */
export const pack = async (folder: string): Promise<{ readonly file: string; readonly paths: readonly string[] }> => {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: root })
  const packed = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]).parse(JSON.parse(stdout))
  return { file: join(folder, packed[0].filename), paths: packed[0].files.map(({ path }) => path) }
}

/**
 * Installs the packed package into an empty folder as a user does, with the versions of our lock file, from the local cache of npm as far as
 * it goes, and without any script of a dependency.
 */
export const installAsUser = async (): Promise<{ readonly folder: string; readonly tarball: string; readonly paths: readonly string[] }> => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-user-'))
  await mkdir(join(folder, 'tarball'))
  const { file, paths } = await pack(join(folder, 'tarball'))
  const specifier = `file:${file.slice(folder.length + 1)}`
  const user = { name: 'user', version: '1.0.0', private: true, type: 'module', dependencies: { [manifest.name]: specifier } }
  const own = {
    version: manifest.version,
    resolved: specifier,
    license: 'MIT',
    bin: manifest.bin,
    dependencies: manifest.dependencies,
    peerDependencies: manifest.peerDependencies,
    peerDependenciesMeta: manifest.peerDependenciesMeta,
  }
  const lock = {
    name: user.name,
    version: user.version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': user, [`node_modules/${manifest.name}`]: own, ...Object.fromEntries(production) },
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(user))
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock))
  await run('npm', ['ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
  return { folder, tarball: file, paths }
}
