import { afterAll, beforeAll } from 'vitest'
import { seedFolder, serve, temporaryFolder, type Environment, type Serving } from './run-cli.js'

/** Two servers on one database. A test that ends one puts the next in its place. */
export interface TwoServers {
  readonly cwd: string
  here: Serving
  there: Serving
  /** Starts one more on the same database. */
  start(change?: Environment): Promise<Serving>
}

/**
 * Starts two servers on one database before the first test of the file, or of the `describe` around, and stops them after the last.
 *
 * @param seed - Whether the sample users and conversations are there (default `true`).
 */
export const twoServers = (env: Environment, { seed = true }: { readonly seed?: boolean } = {}): TwoServers => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined
  let here: Serving | undefined
  let there: Serving | undefined
  const started = <T>(one: T | undefined): T => {
    if (one === undefined) throw new Error('nothing has been started yet')
    return one
  }
  const start = (change: Environment = {}): Promise<Serving> => serve(['serve'], started(folder).cwd, { ...env, ...change })

  beforeAll(async () => {
    folder = await temporaryFolder()
    if (seed) await seedFolder(folder.cwd)
    here = await start()
    there = await start()
  })

  afterAll(async () => {
    await here?.stop()
    await there?.stop()
    await folder?.remove()
  })

  return {
    get cwd() {
      return started(folder).cwd
    },
    get here() {
      return started(here)
    },
    set here(server) {
      here = server
    },
    get there() {
      return started(there)
    },
    set there(server) {
      there = server
    },
    start,
  }
}
