import { defineConfig } from 'vitest/config'

// Unit tests run as compiled code, so that what is tested is what is shipped (worker threads load real files).
export default defineConfig({
  test: {
    include: ['dist/**/*.test.js', 'test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    retry: 0,
  },
})
