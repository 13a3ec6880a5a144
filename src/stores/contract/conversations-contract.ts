import { changesContract } from './changes-contract.js'
import type { ContractCase } from './contract-case.js'
import { inboundContract } from './inbound-contract.js'
import { listsContract } from './lists-contract.js'
import { messagesContract } from './messages-contract.js'
import { tenantsContract } from './tenants-contract.js'
import type { Subject } from './two-workspaces.js'

/** Everything that a store of conversations keeps. */
export const conversationsContract: readonly ContractCase<Subject>[] = [
  ...tenantsContract, ...listsContract, ...messagesContract, ...changesContract, ...inboundContract,
]
