import { Hono, type MiddlewareHandler } from 'hono'
import type { Operations } from '../operations.js'
import type { FindOperator } from '../operator-keys.js'
import { onlyByRole } from './acting-operator.js'
import { answerFailure, notFound } from './api-problem.js'
import { addCheckupRoutes, type Checkup } from './checkup-routes.js'
import { addHealthRoutes } from './health-routes.js'
import { limitBody } from './limit-body.js'
import { onlyLoopbackHosts } from './loopback-host.js'
import { limitOperators, type OperatorBudgetConfig } from './operator-budget.js'
import { noCrossSite, onlyDeclared, onlyOperator } from './operator-guard.js'
import { addOperatorRoutes } from './operator-routes.js'
import { refuseOtherMethods } from './refuse-other-methods.js'
import { securityHeaders } from './security-headers.js'

const maxBodyBytes = 65_536
/** For parts of a list of bans. */
const maxImportBytes = 262_144

export interface InternalAppOptions {
  readonly operations: Operations
  /** Secret of the file `operator.key`. */
  readonly operatorKey: string
  /** Whose key another one is (default nobody's). */
  readonly findOperator?: FindOperator
  /** What calls with one key may cost (default 1,200 at once and 40 each second); a call costs 1, some more. */
  readonly operatorBudget?: OperatorBudgetConfig
  /** What the doctor asks; default nothing. */
  readonly checkup?: Checkup
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Told of every error that is answered 500 or 503, for the log. */
  readonly onFailure?: (error: unknown) => void
}

/**
 * The HTTP surface of the internal port: health and metrics without a key, everything under `/api` only with the operator's.
 *
 * Stands on loopback and answers loopback Hosts only; bodies up to 64 KiB, lists of bans up to 256 KiB.
 */
export const createInternalApp = ({ operations, operatorKey, findOperator = nobody, operatorBudget = { capacity: 1_200, refillPerSecond: 40 }, checkup, now, onFailure }: InternalAppOptions): Hono => {
  const app = new Hono()
  app.use(securityHeaders, onlyLoopbackHosts)
  addHealthRoutes(app, operations, onFailure)
  refuseOtherMethods(app)
  const api = new Hono()
  addOperatorRoutes(api, operations)
  if (checkup !== undefined) addCheckupRoutes(api, checkup)
  app.use('/api/*', onlyOperator(operatorKey, findOperator, now), limitOperators(operatorBudget, now), noCrossSite)
  refuseOtherMethods(app, api)
  app.use('/api/*', onlyByRole, onlyDeclared, limitBodies())
  app.route('/', api)
  app.notFound(notFound)
  app.onError((error, context) => answerFailure(error, context, onFailure))
  return app
}

const nobody: FindOperator = () => Promise.resolve(undefined)

const importPath = '/api/v1/ban-imports'

const limitBodies = (): MiddlewareHandler => {
  const small = limitBody(maxBodyBytes)
  const large = limitBody(maxImportBytes)
  return (context, next) => (context.req.path === importPath ? large : small)(context, next)
}
