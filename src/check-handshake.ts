import { shown } from './admission/shown.js'
import { checkMoment } from './check-arguments.js'

/**
 * `request.headers` of Node has one text in the place of a list, of which admission would read the first letter.
 *
 * @param act - What can't be done without it, such as `admit`.
 * @throws TypeError naming the member and the type of its value, never a value: targets and headers hold tokens.
 */
export const checkHandshake = (act: string, handshake: unknown): void => {
  if (typeof handshake !== 'object' || handshake === null) throw fault(act, 'handshake', 'be an object with receivedAt, method, httpVersion, target, headers and peerAddress', handshake)
  checkMoment(act, 'handshake.receivedAt', Reflect.get(handshake, 'receivedAt'))
  for (const name of ['method', 'httpVersion', 'target', 'peerAddress']) {
    const value: unknown = Reflect.get(handshake, name)
    if (typeof value !== 'string') throw fault(act, `handshake.${name}`, 'be a text', value)
  }
  const headers: unknown = Reflect.get(handshake, 'headers')
  if (typeof headers !== 'object' || headers === null) throw fault(act, 'handshake.headers', 'be the headersDistinct of a request', headers)
  for (const [name, lines] of Object.entries(headers)) {
    if (lines !== undefined && !isTexts(lines))
      throw new TypeError(`Cannot ${act} as "handshake.headers" must be the headersDistinct of a request, not its headers: ${shown(name)} is no list of texts`)
  }
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string')

const kindOf = (value: unknown): string => (value === null || value === undefined ? String(value) : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`)

const fault = (act: string, name: string, must: string, value: unknown): TypeError => new TypeError(`Cannot ${act} as "${name}" must ${must}: current value is ${kindOf(value)}`)
