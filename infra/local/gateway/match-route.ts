/** What a route key says: `POST /a/{b}/{rest+}`, `ANY /a` or `$default`. */
export interface RoutePattern {
  readonly routeKey: string;
  /** `ANY` takes every method. */
  readonly method: string;
  readonly segments: readonly Segment[];
  readonly isDefault: boolean;
}

type Segment =
  | { readonly kind: 'exact'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'greedy'; readonly name: string };

/** Reads a route key. */
export function parseRouteKey(routeKey: string): RoutePattern {
  if (routeKey === '$default') return { routeKey, method: 'ANY', segments: [], isDefault: true };
  const [method = 'ANY', path = '/'] = routeKey.split(' ');
  return { routeKey, method, segments: segmentsOf(path).map(parseSegment), isDefault: false };
}

/**
 * Finds the route of a request as HTTP APIs do: the path decides first (segment by segment an exact one beats a variable,
 * which beats a greedy one; `$default` comes last), and of routes with one path the exact method beats `ANY`.
 * `path` is still percent-encoded; the parameters are decoded.
 */
export function matchRoute<Route extends { readonly pattern: RoutePattern }>(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly pathParameters: Readonly<Record<string, string>> } | undefined {
  const segments = segmentsOf(path);
  const found = routes
    .filter(({ pattern }) => pattern.method === 'ANY' || pattern.method === method)
    .flatMap((route) => {
      const pathParameters = route.pattern.isDefault ? {} : parametersOf(route.pattern.segments, segments);
      return pathParameters === undefined ? [] : [{ route, pathParameters }];
    });
  return found.sort((left, right) => compareRank(rankOf(left.route.pattern), rankOf(right.route.pattern)))[0];
}

/** Percent-decodes; text that is no valid encoding stays as it is. */
export function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function segmentsOf(path: string): string[] {
  return path.split('/').slice(1);
}

function parseSegment(text: string): Segment {
  const name = /^\{(.+)\}$/.exec(text)?.[1];
  if (name === undefined) return { kind: 'exact', text };
  return name.endsWith('+') ? { kind: 'greedy', name: name.slice(0, -1) } : { kind: 'variable', name };
}

function parametersOf(pattern: readonly Segment[], segments: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [position, expected] of pattern.entries()) {
    const actual = segments[position];
    if (actual === undefined || (expected.kind !== 'exact' && actual === '')) return undefined;
    if (expected.kind === 'greedy') {
      parameters[expected.name] = segments.slice(position).map(decodeText).join('/');
      return parameters;
    }
    if (expected.kind === 'variable') parameters[expected.name] = decodeText(actual);
    else if (decodeText(actual) !== expected.text) return undefined;
  }
  return segments.length === pattern.length ? parameters : undefined;
}

const segmentRanks = { exact: 0, variable: 1, greedy: 2 } as const;

/** Smaller is more specific, compared entry by entry; the last entry is the method's. */
function rankOf(pattern: RoutePattern): readonly number[] {
  if (pattern.isDefault) return [3];
  return [...pattern.segments.map(({ kind }) => segmentRanks[kind]), pattern.method === 'ANY' ? 1 : 0];
}

function compareRank(left: readonly number[], right: readonly number[]): number {
  const position = left.findIndex((rank, at) => rank !== right[at]);
  return (left[position] ?? 0) - (right[position] ?? 0);
}
