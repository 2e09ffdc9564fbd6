/** Ends the run with one plain line that any CI can read: `N passed, N failed`. */
// biome-ignore lint/style/noDefaultExport: jest loads a reporter from the default export
export default class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    // Jest appends its own summary after all reporters: the line waits for the exit.
    process.once('exit', () => process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed\n`));
  }
}
