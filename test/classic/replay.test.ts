import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { differences, isMeant, play, type Difference, type Meant, type RecordedCase } from '../../examples/leaving-django-channels/replay.mjs'
import { serve, temporaryFolder, type Environment } from '../server/run-cli.js'
import { fillDatabase, recordedWorkspace } from './recorded-workspace.js'

const read = async <T>(name: string): Promise<T> => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this folder
  return JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8')) as T
}

const secret = randomBytes(64).toString('base64url')

const environment: Environment = {
  SALLYPORT_TOKENS_PROFILE: 'classic',
  SALLYPORT_TOKENS_SECRET: secret,
  SALLYPORT_ORIGINS: 'http://localhost:3000',
}

/** How a server is set that stands in for each of the recorded ones. */
const settings = ({ generation, server }: RecordedCase): Environment => {
  const production = server.includes('production')
  return {
    ...environment,
    SALLYPORT_REFUSALS: generation === 'v1' ? 'legacy' : 'close',
    SALLYPORT_REQUIRE_ORIGIN: String(production),
  }
}

test('recorded sessions of the old service play as they were recorded, ids and times aside, but for what differs on purpose', async () => {
  const { cases } = await read<{ cases: readonly RecordedCase[] }>('recorded-sessions.json')
  const allowed = await read<readonly Meant[]>('allowed-differences.json')
  const token = await mintToken({ profile: 'classic', algorithm: 'HS512', secret, subject: '2', lifetimeMs: 600_000, at: Date.now() })
  const found: Difference[] = []
  for (const group of new Set(cases.map((one) => JSON.stringify([one.generation, settings(one)])))) {
    const members = cases.filter((one) => JSON.stringify([one.generation, settings(one)]) === group)
    const [first] = members
    if (first === undefined) continue
    const { cwd, remove } = await temporaryFolder()
    await mkdir(join(cwd, '.sallyport'))
    await fillDatabase(join(cwd, '.sallyport', 'sallyport.db'), [recordedWorkspace])
    const server = await serve(['serve'], cwd, settings(first))
    try {
      for (const recorded of members) found.push(...differences(recorded, await play(recorded, server.publicUrl, { token, quietMs: 60 })))
    } finally {
      await server.stop()
      await remove()
    }
  }
  expect(found.filter((one) => !allowed.some((meant) => isMeant(meant, one)))).toEqual([])
  expect(allowed.filter((meant) => !found.some((one) => isMeant(meant, one)))).toEqual([])
  expect(allowed.filter(({ reason }) => reason.length < 10)).toEqual([])
})
