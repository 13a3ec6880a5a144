/** The most that fits where ws keeps it. */
const largest = 2 ** 31 - 1

/**
 * Checks the bound of a message that a `WebSocketServer` was made with: ws keeps it in 32 bits, in which 4 GiB, a text and NaN are no bound at all.
 *
 * @throws RangeError with the range and the value.
 */
export const checkMaxPayload = (maxPayload: number | undefined): void => {
  if (maxPayload === undefined || (Number.isInteger(maxPayload) && maxPayload >= 1 && maxPayload <= largest)) return
  throw new RangeError(`Cannot upgrade with a WebSocketServer as its "maxPayload" must be a whole number of bytes from 1 to ${largest}, such as 65536: current value is ${maxPayload}`)
}
