import { expect, test } from 'vitest'
import { samplePassword } from '../../dist/server/login/sample-passwords.js'
import { bearer, opened } from './knock.js'
import { printedTokens, serve, temporaryFolder } from './run-cli.js'

test('[A26] a ban of an address in dry-run refuses no socket, no log-in and no change over HTTP; in force it refuses all of them', async () => {
  const folder = await temporaryFolder()
  const ask = async (publicUrl: string, token: string) => {
    const login = await fetch(`${publicUrl}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ identifier: 'sara@example.com', password: samplePassword }),
    })
    const change = await fetch(`${publicUrl}/api/v1/conversations`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ ids: ['zzzzzzzzzz'], status: 'closed' }),
    })
    return [login.status, change.status]
  }

  const dry = await serve(['dev'], folder.cwd, { SALLYPORT_DRY_RUN: 'address_ban' })
  try {
    const [token = ''] = printedTokens(dry)
    expect(await dry.run(['--yes', 'ban', 'add', '127.0.0.1', '--force'])).toMatchObject({ code: 0 })
    expect(await ask(dry.publicUrl, token)).toEqual([200, 200])
    await (await opened(`${dry.socketUrl}/ws/`, bearer(token))).close()
  } finally {
    await dry.stop()
  }

  const enforced = await serve(['dev'], folder.cwd)
  try {
    const [token = ''] = printedTokens(enforced)
    expect(await ask(enforced.publicUrl, token)).toEqual([403, 403])
  } finally {
    await enforced.stop()
    await folder.remove()
  }
})
