import type { IssuerConfig } from '../admission/token/issuer.js'
import type { Gate } from '../gate.js'
import type { Config } from './config/config.js'
import type { ClientOf } from './http/client-of.js'
import { addLoginRoutes } from './http/login-routes.js'
import type { PublicHono } from './http/public-hono.js'
import type { Log } from './log/create-log.js'
import { createLogins } from './login/logins.js'
import type { PasswordHasher } from './login/password-hasher.js'
import { createSamplePasswords } from './login/sample-passwords.js'
import { createTokenSigner } from './login/token-signer.js'
import type { Metrics } from './metrics/create-metrics.js'
import type { OpenStores } from './open-stores.js'
import { sampleMembers } from './seed/seed.js'

/**
 * The log-in of a running server, as routes of the public port.
 *
 * @returns `undefined` where it is not offered: it was switched off, nobody here can sign, or the users are in another database.
 */
export const openLogin = (parts: {
  readonly gate: Gate
  readonly stores: OpenStores
  readonly config: Config
  readonly issuers: readonly IssuerConfig[]
  readonly hasher: PasswordHasher
  readonly clientOf: ClientOf
  readonly development: boolean
  readonly log: Log
  readonly metrics: Metrics
}): ((app: PublicHono) => void) | undefined => {
  const { gate, stores, config, issuers, hasher, clientOf, development, log, metrics } = parts
  const sign = createTokenSigner(issuers)
  if (config.login.enabled === false || config.users !== undefined || sign === undefined) return undefined
  const logins = createLogins({
    ...config.login,
    store: stores.logins,
    hasher,
    sign,
    verifier: gate.verifier,
    revocations: gate.revocations,
    samples: development ? createSamplePasswords(hasher, sampleMembers.map(({ userId }) => userId)) : undefined,
  })
  return (app) => {
    addLoginRoutes(app, {
      logins,
      clientOf,
      now: Date.now,
      noted({ action, outcome, userId, address }) {
        metrics.loggedIn(action, outcome)
        log.write(outcome === 'reused' ? 'warn' : development ? 'debug' : 'info', { event: 'login', action, outcome, userId, address })
      },
    })
  }
}
