/** Ends the run with one plain line that any CI can read: `N passed, N failed`. */
// biome-ignore lint/style/noDefaultExport: jest loads a reporter from the default export
export default class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed\n`);
  }
}
