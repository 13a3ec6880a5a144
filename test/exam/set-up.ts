import type { Environment } from '../server/run-cli.js'

export const examOrigin = 'https://app.example'

const million = '1000000'

/** What every examination set-up has, as `README.md` says, beside the keys of its issuers. */
export const examination = (refusals: string): Environment => ({
  SALLYPORT_REFUSALS: refusals,
  SALLYPORT_BANS_LADDER_MODE: 'off',
  SALLYPORT_ORIGINS: examOrigin,
  SALLYPORT_LIMITS_USER_CONNECTS_MAX: million,
  SALLYPORT_LIMITS_ADDRESS_CONNECTS_MAX: million,
  SALLYPORT_LIMITS_MESSAGES_MAX: million,
  SALLYPORT_LIMITS_USER_SOCKETS: million,
  SALLYPORT_LIMITS_ADDRESS_SOCKETS: million,
  SALLYPORT_LIMITS_NODE_SOCKETS: million,
  SALLYPORT_LIMITS_ADDRESS_BUDGET_CAPACITY: million,
  SALLYPORT_LIMITS_ADDRESS_BUDGET_REFILL_PER_SECOND: million,
})
