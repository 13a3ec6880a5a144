import { deny, type Denial } from '../protocol/denial.js'
import { StoreUnavailable } from './store-unavailable.js'

/** A store that is away says nothing about the client; anything else that was thrown is a fault of ours or of an embedder's port. */
export const failureDenial = (error: unknown): Denial => {
  if (error instanceof StoreUnavailable) return deny('dependency_unavailable', { detail: `${error.store}: ${error.message}` })
  return deny('internal_error', { detail: error instanceof Error ? error.message : 'failed without an error' })
}
