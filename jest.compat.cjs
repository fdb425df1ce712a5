// What `.ci/run` runs after `npm test`: suites that need servers or clients from other package managers, each skipped by name without them.
const base = require('./jest.config.cjs')

module.exports = {
  ...base,
  testMatch: ['**/compat/**/*.test.ts'],
  testPathIgnorePatterns: base.testPathIgnorePatterns.filter(pattern => !pattern.includes('compat')),
  testTimeout: 180_000,
  maxWorkers: 1
}
