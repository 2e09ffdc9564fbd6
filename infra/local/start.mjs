/** Starts the local relay. Plain JavaScript, so that a Node that cannot run TypeScript still gets to say so. */
const neededMajor = 24;

if (Number(process.versions.node.split('.')[0]) < neededMajor) {
  process.stderr.write(
    `The relay needs Node ${neededMajor} and this is ${process.versions.node}: start it with "npm start" after an "npm ci" without --ignore-scripts, which brings the right one.\n`,
  );
  process.exit(1);
}
await import('./main.ts');
