import { defineConfig } from 'vitest/config'

// What measures time, memory or the loop, or fills the machine on purpose, runs alone, after all that does not.
const apart = [
  'dist/admission/uniform.test.js',
  'dist/server/log/stopped-reader.test.js',
  'test/abuse/**/*.test.ts',
  'test/doctor/**/*.test.ts',
  'test/exam/exhaustion.test.ts',
  'test/limits/**/*.test.ts',
  'test/server/blocking-call.test.ts',
  'test/server/keys.test.ts',
]

// Unit tests run as compiled code, so that what is tested is what is shipped (worker threads load real files).
export default defineConfig({
  test: {
    // Only what hangs meets these: a busy machine may take three times as long as a quiet one.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    retry: 0,
    projects: [
      {
        extends: true,
        test: { name: 'together', include: ['dist/**/*.test.js', 'test/**/*.test.ts'], exclude: apart, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      { extends: true, test: { name: 'apart', include: apart, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
})
