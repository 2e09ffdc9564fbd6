/**
 * The settings among CDK's context, as given with `cdk deploy -c name=value`.
 *
 * CDK's own keys all have a colon, a slash or a hyphen; a key without any is meant for us, so that a misspelt setting is refused and
 * not silently ignored.
 */
export function readContextOverrides(context: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const ours = Object.entries(context).filter(([name]) => /^[A-Za-z][A-Za-z0-9]*$/.test(name));
  return Object.fromEntries(ours.map(([name, value]) => [name, String(value)]));
}
