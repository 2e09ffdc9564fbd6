/** Ends a switch over a union: a new kind that nobody handles fails the types, and at run time says what it was. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`);
}
