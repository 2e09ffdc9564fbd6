import { availableParallelism } from 'node:os';

/** Node's own ESM; swc only strips the types, `npm run types` checks them. */
// biome-ignore lint/style/noDefaultExport: jest reads its configuration from the default export
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testTimeout: 20_000,
  // Two also on two cores, where jest would take one: much of the end-to-end tests is waiting.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.mjs'],
};
