import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shortestMs } from '../../dist/protocol/testing/shortest-ms.js'
import { createForger, recipes, type Recipe } from '../exam/forge-recipe.js'
import { createFullSetUp, type FullSetUp } from '../exam/full-set-up.mjs'
import { examination, examOrigin } from '../exam/set-up.js'
import { knock, type Answer } from './knock.js'
import { seedFolder, serve, temporaryFolder, type Serving } from './run-cli.js'

/** Close codes that say that a credential was refused. */
const credentialCodes = [4401, 4001, 3000, 1008]

/** A port that a stranger's token names; every connection to it is a request made on his word. */
const trap = async (): Promise<{ readonly port: number; readonly count: () => number; readonly close: () => void }> => {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The trap has no port')
  return { port: address.port, count: () => connections, close: () => server.close() }
}

/** Ends what the recipes say was ended before the attack. */
const revoke = async (server: Serving, target: FullSetUp['target']): Promise<void> => {
  expect((await server.run(['token', 'revoke', '--id', target.revokedJti])).code).toBe(0)
  const operatorKey = (await readFile(join(server.cwd, '.sallyport', 'operator.key'), 'utf8')).trim()
  const answer = await fetch(`${server.internalUrl}/api/v1/revocations`, {
    method: 'POST',
    headers: { 'authorization': `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ userId: target.sub, beforeAt: Date.now() - 60_000 }),
  })
  expect(answer.status).toBe(201)
}

const admissionFault = async (answer: Answer): Promise<string> => {
  if (!('next' in answer)) return `refused with ${String(answer.status)}`
  const first = await answer.next().catch(() => undefined)
  await answer.close()
  return first?.type === 'connection_established' ? '' : `greeted with ${first?.type ?? 'a close'}`
}

const refusalFault = async (answer: Answer, refusals: string, { status = [401], closeCodes = credentialCodes }: Recipe): Promise<string> => {
  if (!('next' in answer)) return status.includes(answer.status) ? '' : `${String(answer.status)} in HTTP`
  if (refusals === 'http') return 'let in'
  const frame = await answer.next().catch(() => undefined)
  if (frame !== undefined && frame.type !== 'authentication_error' && frame.type !== 'access_denied') {
    await answer.close()
    return `told ${frame.type}`
  }
  const { code } = await answer.closed
  return closeCodes.includes(code) && answer.waiting() === 0 ? '' : `closed with ${String(code)}`
}

/** Holds one answer against its recipe; the empty string is right. */
const faultOf = async (recipe: Recipe, answer: Answer, refusals: string): Promise<string> => {
  if (recipe.expect === 'accept') return admissionFault(answer)
  if (recipe.expect === 'reject' || recipe.expect === 'reject+noFetch') return refusalFault(answer, refusals, recipe)
  // Either answer is right, as long as it is one of the two.
  if (!('next' in answer)) return refusalFault(answer, refusals, recipe)
  return (await admissionFault(answer)) === '' ? '' : refusalFault(answer, refusals, recipe)
}

test.each(['http', 'close'] as const)('[A12] A1 A2 A3 A4 A5 A7 A10 A11: with refusals %s no recipe of a forged token is skipped, and none opens a socket', async (refusals) => {
  const { cwd, remove } = await temporaryFolder()
  const { issuers, target, asymmetric } = createFullSetUp()
  const env = { ...examination(refusals), SALLYPORT_TOKENS_ISSUERS: issuers }
  const listener = await trap()
  const forge = createForger(target, listener.port)
  const faults: string[] = []
  const sent: string[] = []
  const good = (): readonly string[] => [forge({ id: '', name: '', expect: 'accept' }), asymmetric('RS256'), asymmetric('ES256')]
  try {
    await seedFolder(cwd)
    const server = await serve(['serve'], cwd, env)
    const ask = async (token: string, path = '/ws/customers/'): Promise<Answer> => {
      sent.push(token)
      return knock(`${server.socketUrl}${path}?token=${encodeURIComponent(token)}`, { origin: examOrigin })
    }
    let judged = 0
    try {
      await revoke(server, target)
      for (const recipe of recipes) {
        if (judged % 5 === 0) for (const token of good()) expect(await admissionFault(await ask(token)), `a good token before ${recipe.id}`).toBe('')
        const answer = await ask(forge(recipe), recipe.endpoint)
        const fault = await faultOf(recipe, answer, refusals)
        if (fault !== '') faults.push(`${recipe.id} ${recipe.name}: ${fault}`)
        if (recipe.maxMs !== undefined) expect(await shortestMs(() => ask(forge(recipe), recipe.endpoint)), recipe.id).toBeLessThan(recipe.maxMs)
        judged += 1
      }
      for (const token of good()) expect(await admissionFault(await ask(token))).toBe('')
    } finally {
      await server.stop()
    }
    expect(faults).toEqual([])
    expect(judged).toBe(recipes.length)
    expect(judged).toBe(59)
    expect(listener.count()).toBe(0)
    const { stdout, stderr } = await server.stop()
    for (const token of sent) for (const segment of token.split('.').slice(1)) if (segment.length >= 20) expect(stdout + stderr).not.toContain(segment.slice(0, 20))
  } finally {
    listener.close()
    await remove()
  }
})
