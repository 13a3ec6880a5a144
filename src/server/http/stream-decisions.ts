import type { DecisionReader } from '../decision-feed.js'
import { decisionReport } from '../reports.js'

/** An empty line in so many milliseconds tells both sides that the other is still there. */
const pulseMs = 15_000

/** How often it is asked whether the reader may read on. */
const lookMs = 1_000

const headers = { 'Content-Type': 'application/x-ndjson' } as const

/** The answer without its stream. */
export const streamHead = (): Response => new Response(undefined, { headers })

/**
 * Live decisions as NDJSON, one report a line; `{"dropped":n}` where a slow reader missed some, and empty lines now and then.
 *
 * Ends when the reader may read no more, within a second or two: nothing more is kept for him then and no timer runs on, also when his client takes nothing. Reads on only
 * when the client has taken what was sent, so that a client that has stopped costs one buffer of the feed.
 */
export const streamDecisions = (reader: DecisionReader, mayRead: () => Promise<boolean>): Response => {
  const encoder = new TextEncoder()
  let pulse: NodeJS.Timeout | undefined
  let asked = false
  const end = (): void => {
    clearInterval(pulse)
    clearInterval(look)
    reader.stop()
  }
  const look = setInterval(() => {
    // One question at a time, however long it takes to answer.
    if (asked) return
    asked = true
    void mayRead().then((may) => {
      asked = false
      if (!may) end()
    })
  }, lookMs).unref()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // The first one sends the headers.
      controller.enqueue(encoder.encode('\n'))
      pulse = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode('\n'))
      }, pulseMs).unref()
    },
    async pull(controller) {
      const news = await reader.next()
      if (news === undefined) {
        end()
        controller.close()
        return
      }
      const lines = news.decisions.map((decision) => JSON.stringify(decisionReport(decision)))
      if (news.dropped > 0) lines.push(JSON.stringify({ dropped: news.dropped }))
      controller.enqueue(encoder.encode(`${lines.join('\n')}\n`))
    },
    cancel: end,
  })
  return new Response(body, { headers })
}
