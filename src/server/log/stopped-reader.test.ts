import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

/** Runs a script that has a log on a pipe, with a reader that behaves as told; answers its exit code and what it said on standard error. */
const run = async (body: string, readerOf: (stdout: Readable, stderr: Readable) => unknown): Promise<{ readonly code: number | null; readonly told: string }> => {
  const script = `
    import { createLog } from ${JSON.stringify(new URL('create-log.js', import.meta.url).href)}
    const log = createLog({ format: 'json', level: 'info', linesPerMinute: 1e9 })
    const event = { event: 'warning', detail: 'x'.repeat(200) }
    ${body}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] })
  readerOf(child.stdout, child.stderr)
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()))
  await Promise.all([once(child, 'exit'), once(child.stderr, 'end')])
  child.stdout.destroy()
  return { code: child.exitCode, told }
}

describe('a log on a pipe', () => {
  test('G12: that nobody reads holds nothing up: the loop turns, memory stays, the process ends when told to', async () => {
    const { code, told } = await run(
      `const rss = process.memoryUsage.rss()
       let longest = 0
       let last = performance.now()
       for (let turns = 0; turns < 60; turns += 1) {
         await new Promise((resolve) => setTimeout(resolve, 10))
         longest = Math.max(longest, performance.now() - last)
         last = performance.now()
         for (let i = 0; i < 2000; i += 1) log.write('warn', event)
       }
       const written = await log.close(50)
       process.stderr.write(JSON.stringify({ written, dropped: log.dropped, longest, grown: process.memoryUsage.rss() - rss }))
       process.exit(0)`,
      (stdout) => stdout.pause(),
    )
    const { written, dropped, longest, grown } = z.object({ written: z.boolean(), dropped: z.number(), longest: z.number(), grown: z.number() }).parse(JSON.parse(told))
    expect(code).toBe(0)
    expect(written).toBe(false)
    expect(dropped).toBeGreaterThan(100_000)
    // A write that waited for its reader would wait for ever.
    expect(longest).toBeLessThan(2_000)
    expect(grown).toBeLessThan(100 * 1024 * 1024)
  })

  test('whose reader comes back is told how many lines it missed', async () => {
    let text = ''
    const { code } = await run(
      `for (let i = 0; i < 50; i += 1) {
         for (let n = 0; n < 1000; n += 1) log.write('warn', event)
         await new Promise((resolve) => setImmediate(resolve))
       }
       process.stderr.write(String(log.dropped) + '\\n')
       process.exit((await log.close(5000)) ? 0 : 1)`,
      // It comes back when the lines are written, however long the process took to start.
      (stdout, stderr) => stderr.once('data', () => stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))),
    )
    expect(code).toBe(0)
    const lines = text.trimEnd().split('\n').map((line) => z.object({ event: z.string(), lines: z.number().optional() }).parse(JSON.parse(line)))
    const missed = lines.filter(({ event }) => event === 'dropped')
    expect(missed).toHaveLength(1)
    expect(lines.length - 1 + (missed[0]?.lines ?? 0)).toBe(50_000)
  })

  test('whose reader went away ends nothing', async () => {
    const { code, told } = await run(
      `setInterval(() => log.write('warn', event), 1)
       setTimeout(() => { process.stderr.write(String(log.dropped)); process.exit(0) }, 300)`,
      (stdout) => stdout.destroy(),
    )
    expect(code).toBe(0)
    expect(Number(told)).toBeGreaterThan(10)
  })

  test('loses nothing to a process that exits in the same turn', async () => {
    let lines = 0
    await run(`for (let i = 0; i < 100; i += 1) log.write('warn', event); process.exit(0)`, (stdout) =>
      stdout.on('data', (chunk: Buffer) => (lines += chunk.toString().split('\n').length - 1)),
    )
    expect(lines).toBe(100)
  })
})
