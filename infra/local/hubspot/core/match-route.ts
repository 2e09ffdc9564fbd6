import { type ApiVersion, datedVersions } from './call.ts';
import type { Budget } from './rate-limits.ts';
import {
  associationBatchRoutes,
  associationRoutes,
  contactRoutes,
  type Entry,
  legacyAssociationBatchRoutes,
  type Operation,
  propertyRoutes,
  type RouteTable,
} from './routes.ts';

type Scope = `crm.${'objects' | 'schemas'}.contacts.${'read' | 'write'}`;

/** What a request is for. */
export interface Route {
  /** As counted: method and path with `{id}` in the record's place. */
  readonly name: string;
  readonly scope: Scope;
  readonly perform: Operation;
  readonly version: ApiVersion;
  /** The record id, e-mail or name in the path, decoded; `''` where the route has none. */
  readonly target: string;
  /** What stood in the path in the places of names such as `{toId}`, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly takesBody: boolean;
  /** The limit that the call counts towards. */
  readonly budget: Budget;
  /** The status of an empty success, for a fault that wants one. */
  readonly okStatus: number;
}

/** A pattern of a table that has names in it. */
interface NamedPattern {
  readonly method: string;
  readonly name: string;
  readonly expression: RegExp;
  readonly entry: Entry;
}

/** Paths that start alike. */
interface Family {
  /** Groups: `base`, `rest`, and where there are some `date`, `from`, `to`. */
  readonly path: RegExp;
  readonly scope: 'objects' | 'schemas';
  readonly exact: ReadonlyMap<string, Entry>;
  readonly named: readonly NamedPattern[];
}

const DATE = String.raw`(?<date>\d{4}-\d{2})`;
const REST = '(?<rest>/.*)?$';
const CONTACTS = '(?:contacts|contact|0-1)';

const families: readonly Family[] = [
  family(`/crm/(?:v4/objects|objects/${DATE})/(?<from>[^/]+)`, 'objects', associationRoutes),
  family(`/crm/(?:v3/objects|objects/${DATE})/${CONTACTS}`, 'objects', contactRoutes),
  family(
    `/crm/(?:v4/associations|associations/${DATE})/(?<from>[^/]+)/(?<to>[^/]+)`,
    'objects',
    associationBatchRoutes,
  ),
  family('/crm/v3/associations/(?<from>[^/]+)/(?<to>[^/]+)', 'objects', legacyAssociationBatchRoutes),
  family(`/crm/(?:v3/properties|properties/${DATE})/${CONTACTS}`, 'schemas', propertyRoutes),
];

/** Finds what a request is for; undefined is a path or method that HubSpot does not have. */
export function matchRoute(method: string, pathname: string): Route | undefined {
  for (const { path, scope, exact, named } of families) {
    const groups = path.exec(pathname)?.groups;
    const version = versionOf(groups?.['date']);
    if (!groups || !version) continue;
    const { base = '', from, to } = groups;
    const rest = (groups['rest'] ?? '').replace(/\/$/, '');
    const found = findEntry(exact, named, method, rest);
    const variables = found && decodeAll({ from, to, ...found.variables });
    if (!found || !variables) continue;
    const { entry, name } = found;
    return {
      name: `${method} ${base}${name}`,
      scope: `crm.${scope}.contacts.${entry.access}`,
      perform: entry.perform,
      version,
      target: variables['id'] ?? variables['name'] ?? '',
      path: variables,
      takesBody: entry.takesBody,
      budget: entry.budget,
      okStatus: entry.okStatus,
    };
  }
  return undefined;
}

function family(base: string, scope: Family['scope'], table: RouteTable): Family {
  const exact = new Map<string, Entry>();
  const named: NamedPattern[] = [];
  for (const [pattern, entry] of Object.entries(table)) {
    const [method = '', name = ''] = pattern.split(' ');
    const expression = new RegExp(`^${name.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
    if (name.includes('{')) named.push({ method, name, expression, entry });
    else exact.set(pattern, entry);
  }
  return { path: new RegExp(`^(?<base>${base})${REST}`), scope, exact, named };
}

function findEntry(
  exact: Family['exact'],
  named: Family['named'],
  method: string,
  rest: string,
): { entry: Entry; name: string; variables?: Record<string, string> } | undefined {
  const entry = exact.get(`${method} ${rest}`);
  if (entry) return { entry, name: rest };
  for (const pattern of named) {
    const match = pattern.method === method ? pattern.expression.exec(rest) : null;
    if (match) return { entry: pattern.entry, name: pattern.name, variables: { ...match.groups } };
  }
  return undefined;
}

const versionOf = (dated: string | undefined): ApiVersion | undefined =>
  dated === undefined ? 'v3' : datedVersions.find((version) => version === dated);

/** The values without their percent signs; undefined when one of them is broken. */
function decodeAll(values: Readonly<Record<string, string | undefined>>): Record<string, string> | undefined {
  try {
    return Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, decodeURIComponent(value)]],
      ),
    );
  } catch {
    return undefined;
  }
}
