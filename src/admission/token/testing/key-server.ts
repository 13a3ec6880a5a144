import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** A key pair of an issuer, and tokens signed with it. */
export interface IssuerKey {
  readonly kid: string
  readonly algorithm: 'RS256' | 'ES256' | 'EdDSA'
  /** Its public half as an issuer serves it. */
  readonly jwk: Readonly<Record<string, unknown>>
  /** Signs claims; members of the header are added to `alg` and `kid`. */
  sign(claims: object, header?: object): string
}

const pairOf = (algorithm: IssuerKey['algorithm']): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } => {
  switch (algorithm) {
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 })
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'EdDSA':
      return generateKeyPairSync('ed25519')
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const createIssuerKey = (kid: string, algorithm: IssuerKey['algorithm'] = 'ES256'): IssuerKey => {
  const { publicKey, privateKey } = pairOf(algorithm)
  return {
    kid,
    algorithm,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' },
    sign(claims, header = {}) {
      const input = `${part({ alg: algorithm, typ: 'JWT', kid, ...header })}.${part(claims)}`
      const signature = sign(algorithm === 'EdDSA' ? null : 'sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${input}.${signature.toString('base64url')}`
    },
  }
}

/** A server on loopback that serves keys, and counts who asks. */
export interface KeyServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  /** Paths that were asked for, in order. */
  readonly asked: string[]
  /** What every path is answered with; `undefined` breaks the connection. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** Serves these keys from now on. */
  serve(...keys: readonly IssuerKey[]): void
  close(): Promise<void>
}

/** Answers with a JSON value. */
export const json =
  (value: unknown) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
  }

export const startKeyServer = async (...keys: readonly IssuerKey[]): Promise<KeyServer> => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (keyServer.answer === undefined) request.destroy()
    else keyServer.answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const setOf = (some: readonly IssuerKey[]) => json({ keys: some.map(({ jwk }) => jwk) })
  const keyServer: KeyServer = {
    url: `http://127.0.0.1:${String(port)}`,
    asked,
    answer: setOf(keys),
    serve(...some) {
      keyServer.answer = setOf(some)
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => {
          resolve()
        })
      }),
  }
  return keyServer
}
