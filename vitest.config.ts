import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.js'

// What measures time, memory or the loop, or fills the machine on purpose, runs alone, after all that does not.
const apart = [
  'dist/admission/uniform.test.js',
  'dist/server/log/stopped-reader.test.js',
  'test/abuse/**/*.test.ts',
  'test/exam/exhaustion.test.ts',
  'test/limits/many-bans.test.ts',
  'test/server/blocking-call.test.ts',
  'test/server/keys.test.ts',
]

// Each has a process of its own: what looks at the heap, the loop, the threads or the compiled code of its process, replaces what all files call,
// leaves something that lasts as long as the process, or serves sockets from where its clients are.
const own = [
  'dist/admission/address/resolve-client.test.js',
  'dist/admission/ban-set.test.js',
  'dist/admission/capacity.test.js',
  'dist/admission/guard/**/*.test.js',
  'dist/admission/loop-delay.test.js',
  'dist/cli/narrow-heap.test.js',
  'dist/closed-connection.test.js',
  'dist/conversation/search-text.test.js',
  'dist/failing-listener.test.js',
  'dist/node/share-socket-shapes.test.js',
  'dist/stores/sqlite/engine.test.js',
  'dist/stores/sqlite/fairness.test.js',
  'test/{browser,dialects,failure,limits,wire}/**/*.test.ts',
  'test/docs/docstrings.test.ts',
  'test/exam/exhausted-gate.test.ts',
  'test/leaving/leaving-django-channels.test.ts',
]

// Unit tests run as compiled code, so that what is tested is what is shipped (worker threads load real files).
export default defineConfig({
  test: {
    // Only what hangs meets these: a busy machine may take three times as long as a quiet one. A poll ends first, and says what it saw last.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
    retry: 0,
    globalSetup: 'test/seed-once.ts',
    // One more than a small machine has cores: a third of the time of most files is waiting, for a server to start or a limit to refill.
    maxWorkers: 3,
    // What is shipped is loaded by Node itself, as it is for users, and not rewritten first.
    server: { deps: { external: [/\/dist\/(?!.*\.test\.js)/] } },
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: own, exclude: apart, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['dist/**/*.test.js', 'test/**/*.test.ts'],
          exclude: [...own, ...apart],
          isolate: false,
          setupFiles: 'test/leaves-no-trace.ts',
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'apart', include: apart, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
})
