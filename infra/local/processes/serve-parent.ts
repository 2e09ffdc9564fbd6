/**
 * The inside of a server process: starts the server with the options of the command line, reports its URL to the parent,
 * and ends with the parent or on SIGTERM, the server closed first.
 */
export async function serveParent(
  start: (options: unknown) => Promise<{ readonly url: string; close(): Promise<void> }>,
): Promise<void> {
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C goes to the whole process group; the parent decides when this one ends.
  process.on('SIGINT', () => undefined);
  try {
    const server = await start(JSON.parse(process.argv[2] ?? '{}'));
    process.on('SIGTERM', () => server.close().finally(() => process.exit(0)));
    process.send?.({ url: server.url });
  } catch (error) {
    process.send?.({ error: String(error) }, () => process.exit(1));
  }
}
