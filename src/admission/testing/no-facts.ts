import { factsOf, type Facts } from '../facts.js'

/** Of a decision that was made without a handshake. */
export const noFacts = (): Facts => factsOf({ peerAddress: '', headers: {} })
