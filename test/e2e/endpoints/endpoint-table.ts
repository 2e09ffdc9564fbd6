import { readFileSync } from 'node:fs';

/** A row of the README's table of endpoints. */
export interface EndpointRow {
  /** Method and path of v3 (v4 where v3 has none), e.g. `PATCH /crm/v3/objects/contacts/{id}`. */
  readonly endpoint: string;
  /** `queued`, `forwarded`, or forwarded inside a limit of its own: `searches`, `associations`. */
  readonly treatment: string;
  /** The statuses that `/sync` is told to answer, HubSpot's limits and outages apart. */
  readonly statuses: readonly number[];
  /** Remarks on what differs from HubSpot's own answer. */
  readonly remarks: readonly string[];
}

export interface EndpointTable {
  readonly rows: readonly EndpointRow[];
  /** The remarks that are explained below the table. */
  readonly explained: readonly string[];
}

const ROW = /^\| `((?:GET|POST|PATCH|PUT|DELETE) \/crm\/[^`]+)`\s*\|([^|]+)\|([^|]+)\|([^|]+)\|$/gm;
const EXPLANATION = /^- \*\*([a-z])\*\* /gm;

/** Reads the section "Every endpoint" of the README. */
export function readEndpointTable(readme = new URL('../../../README.md', import.meta.url)): EndpointTable {
  const [, section = ''] = readFileSync(readme, 'utf8').split('\n## Every endpoint\n');
  const [text = ''] = section.split('\n## ');
  const rows = [...text.matchAll(ROW)].map(([, endpoint = '', treatment = '', statuses = '', remarks = '']) => ({
    endpoint,
    treatment: treatment.trim(),
    statuses: listOf(statuses).map(Number),
    remarks: listOf(remarks),
  }));
  return { rows, explained: [...text.matchAll(EXPLANATION)].map(([, remark = '']) => remark) };
}

const listOf = (cell: string): string[] => cell.match(/\w+/g) ?? [];

/** The one of `endpoints` that a request goes to; `path` is that of v3, without its query. Literal segments win over `{…}`. */
export function endpointOf(endpoints: readonly string[], method: string, path: string): string | undefined {
  const names = (endpoint: string) => endpoint.split('{').length;
  return endpoints
    .filter((endpoint) => patternOf(endpoint).test(`${method} ${path}`))
    .sort((a, b) => names(a) - names(b))[0];
}

const patternOf = (endpoint: string): RegExp => new RegExp(`^${endpoint.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
