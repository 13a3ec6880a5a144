import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'

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
  const histogram = stopped.pop() ?? monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.reset()
  histogram.enable()
  let delayMs = 0
  let running = true
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
      // By the second stop it may be another's.
      if (!running) return
      running = false
      histogram.disable()
      stopped.push(histogram)
    },
  }
}

const resolutionMs = 10

/** Those that measure nothing now. Node frees none before the process ends, and each holds 150 KB outside of the heap: the next one that is needed is one of these. */
const stopped: IntervalHistogram[] = []
