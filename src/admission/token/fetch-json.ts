import { unreached } from '../unreached.js'
import { parseJsonObject, type JsonObject } from './json-object.js'

/** Bytes of an answer that are read, after decompression; more is refused. */
export const maxAnswerBytes = 262_144

/**
 * Fetches one JSON object.
 *
 * Redirects are refused: the address was configured, and no server may name another. The time covers connect, answer and body.
 *
 * @throws Error with a sentence for the log that quotes nothing of the answer.
 */
export const fetchJson = async (url: string, timeoutMs: number): Promise<JsonObject> => {
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await ask(url, signal, timeoutMs)
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`answered ${String(response.status)}`)
  }
  const object = parseJsonObject(await read(response, signal, timeoutMs))
  if (object === undefined) throw new Error('answered with something that is not a strict JSON object')
  return object
}

const late = (timeoutMs: number): Error => new Error(`did not answer within ${String(timeoutMs)} ms`)

const ask = async (url: string, signal: AbortSignal, timeoutMs: number): Promise<Response> => {
  try {
    return await fetch(url, { redirect: 'manual', signal, headers: { accept: 'application/json' } })
  } catch (error) {
    throw signal.aborted ? late(timeoutMs) : new Error(unreached(error))
  }
}

const chunksOf = (response: Response): AsyncIterable<Uint8Array> | readonly Uint8Array[] => response.body ?? []

const read = async (response: Response, signal: AbortSignal, timeoutMs: number): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of chunksOf(response)) {
      bytes += chunk.byteLength
      if (bytes > maxAnswerBytes) break
      chunks.push(chunk)
    }
  } catch {
    throw signal.aborted ? late(timeoutMs) : new Error('broke off its answer')
  }
  if (bytes > maxAnswerBytes) throw new Error(`answered with more than ${String(maxAnswerBytes)} bytes`)
  return Buffer.concat(chunks)
}
