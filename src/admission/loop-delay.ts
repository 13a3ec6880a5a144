import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late the event loop is. */
export interface LoopDelay {
  /** Milliseconds, mean of the last sampling interval: what a callback waits beyond its time. */
  readonly delayMs: number
  /** Ends the sampling. */
  stop(): void
}

/**
 * Creates a sampler of the event loop's delay, by `perf_hooks.monitorEventLoopDelay`.
 *
 * The histogram holds intervals between ticks of `resolutionMs`; the delay is such a sample minus the resolution. Costs one timer every `sampleMs`,
 * which keeps no process alive.
 *
 * @param sampleMs - Length of one sampling interval, default 250.
 */
export const createLoopDelay = (sampleMs = 250): LoopDelay => {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  let delayMs = 0
  const timer = setInterval(() => {
    // After a reset the histogram measures nothing until its second tick. Under load both may come after this callback, so it is given the time.
    if (histogram.count === 0) return
    delayMs = Math.max(0, histogram.mean / 1e6 - resolutionMs)
    histogram.reset()
  }, sampleMs)
  timer.unref()
  return {
    get delayMs() {
      return delayMs
    },
    stop() {
      clearInterval(timer)
      histogram.disable()
    },
  }
}

const resolutionMs = 10
