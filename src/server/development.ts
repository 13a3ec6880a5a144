import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mintToken } from '../admission/token/mint-token.js'
import type { IssuerConfig } from '../admission/token/issuer.js'
import type { SqliteUsers } from '../stores/sqlite/sqlite-users.js'

/** A token for a sample user, printed once at start. */
export interface SampleToken {
  readonly email: string
  readonly token: string
}

const tokenLifeMs = 12 * 3_600_000

/** The issuer of development: a secret of its own, made at the first start and kept in the data folder. */
export const developmentIssuer = async (dataDir: string): Promise<IssuerConfig> => ({
  name: 'development',
  profile: 'standard',
  algorithms: ['HS512'],
  secret: await readOrMakeSecret(join(dataDir, 'development.secret')),
})

const readOrMakeSecret = async (path: string): Promise<string> => {
  const kept = await readFile(path, 'utf8').catch(() => undefined)
  if (kept !== undefined && kept.length >= 64) return kept
  const made = randomBytes(64).toString('base64url')
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, made, { mode: 0o600 })
  return made
}

/** Mints a 12-hour token for each sample agent, for issuers that have a shared secret. */
export const sampleTokens = async (issuer: IssuerConfig | undefined, users: SqliteUsers, ids: readonly string[], at: number): Promise<readonly SampleToken[]> => {
  const [algorithm] = issuer?.algorithms ?? []
  const secret = issuer?.secret
  if (issuer === undefined || secret === undefined || algorithm === undefined) return []
  const samples: SampleToken[] = []
  for (const id of ids) {
    const user = await users.find(id, at + 2_000)
    if (user === undefined || !user.active) continue
    const token = await mintToken({ profile: issuer.profile, algorithm, secret, subject: id, lifetimeMs: tokenLifeMs, at })
    samples.push({ email: user.email, token })
  }
  return samples
}
