// What `.ci/run` runs after `npm test`: suites that need servers or clients from other package managers (folders `compat`), each skipped by name
// without them, and those that take longer than somebody who waits for `npm test` likes (folders `slow`).
const base = require('./jest.config.cjs')

module.exports = {
  ...base,
  testMatch: ['**/compat/**/*.test.ts', '**/slow/**/*.test.ts'],
  testPathIgnorePatterns: [...base.testPathIgnorePatterns.filter(pattern => !/compat|slow/.test(pattern)), '/compat/node/'],
  testTimeout: 180_000,
  maxWorkers: 1
}
