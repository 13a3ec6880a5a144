import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { ConnectorSource } from '../connectors/source.js'
import { signWebhook } from '../connectors/webhook-signature.js'
import { failureText } from '../log/log-failure.js'
import { sampleThreads } from '../seed/sample-threads.js'

/** Sample customers who write. */
export interface Lively {
  /** To be known to the inbound webhook of the same server. */
  readonly sources: readonly ConnectorSource[]
  /**
   * Begins to write.
   *
   * @param publicUrl - Base address of the server itself.
   */
  start(publicUrl: string): void
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

export interface LivelyOptions {
  /** Told when a message was not taken, with the status or what went wrong; writing goes on. */
  readonly failed: (detail: string) => void
  /** Milliseconds between two messages: at least, and less than. Default 2,000 and 6,000. */
  readonly pauseMs?: readonly [least: number, below: number]
  /** Messages after which it ends by itself. Default 2,000. */
  readonly maxMessages?: number
}

const sourceName = 'sample'
/** Customers who come and go; each keeps his conversation. */
const people = 12
/** Milliseconds an answer is waited for. */
const deadlineMs = 5_000

const names = ['Emma', 'Liam', 'Noah', 'Olivia', 'Ava', 'Lucas', 'سارا', 'علی', 'مریم', 'رضا', 'نگار', 'امیر']

/** Makes customers who write signed messages to the server's own inbound webhook, one after another, in the first sample workspace. */
export const createLively = ({ failed, pauseMs: [least, below] = [2_000, 6_000], maxMessages = 2_000 }: LivelyOptions): Lively => {
  const secret = randomBytes(32).toString('base64url')
  const told = new Map<number, number>()
  let timer: NodeJS.Timeout | undefined
  let underWay: Promise<void> = Promise.resolve()
  let stopped = false
  let count = 0

  /** What a person says next: the customer's lines of one sample thread, again and again. */
  const nextLine = (person: number): string => {
    const language = person < people / 2 ? 'en' : 'fa'
    const lines = sampleThreads.filter((thread) => thread.language === language).flatMap(({ turns }) => turns.flatMap(([voice, text]) => (voice === 'c' ? [text] : [])))
    const place = told.get(person) ?? randomInt(lines.length)
    told.set(person, place + 1)
    return lines[place % lines.length] ?? ''
  }

  const write = async (publicUrl: string): Promise<void> => {
    const person = randomInt(people)
    const body = Buffer.from(JSON.stringify({
      message: { id: randomUUID(), content: nextLine(person) },
      customer: { id: `lively-${String(person + 1)}`, firstName: names[person], username: `lively${String(person + 1)}` },
    }))
    const id = randomUUID()
    const timestamp = String(Math.floor(Date.now() / 1_000))
    const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signWebhook(secret, id, timestamp, body) }
    try {
      const answer = await fetch(`${publicUrl}/api/v1/inbound/${sourceName}`, { method: 'POST', headers, body, signal: AbortSignal.timeout(deadlineMs) })
      await answer.body?.cancel()
      if (!answer.ok) failed(`status ${String(answer.status)}`)
    } catch (error) {
      failed(failureText(error))
    }
  }

  const wait = (publicUrl: string): void => {
    timer = setTimeout(() => {
      count += 1
      underWay = write(publicUrl).then(() => {
        if (!stopped && count < maxMessages) wait(publicUrl)
      })
    }, randomInt(least, below))
    timer.unref()
  }

  return {
    sources: [{ name: sourceName, source: 'telegram', workspace: '1', secrets: [secret] }],
    start: wait,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await underWay
    },
  }
}
