/** A package that is installed only by those who need it is not there. */
export class PeerMissing extends Error {
  readonly code = 'ERR_PEER_MISSING'
  override readonly name = 'PeerMissing'
}
