import type { Change, ContactStore } from './contact-store.ts';
import type { Settings } from './settings.ts';
import type { Violation } from './violation.ts';

/** Date versions that are served beside v3. */
export const datedVersions = ['2025-09', '2026-03', '2026-09'] as const;

export type ApiVersion = 'v3' | (typeof datedVersions)[number];

/**
 * Whether a version's specification has one batch answer for both, with and without errors, and contacts without `warnings`. The others
 * have two, and contacts that may have them.
 */
export const isSimplified = (version: ApiVersion): boolean => version === '2025-09' || version === '2026-09';

/** What an operation works with: the portal's data, and this one request's circumstances. */
export interface Call {
  readonly store: ContactStore;
  readonly settings: Settings;
  readonly version: ApiVersion;
  /** The path as it was sent, without its query, for links. */
  readonly pathname: string;
  /** The record id, e-mail or name in the path, decoded; `''` where the route has none. */
  readonly target: string;
  /** What stood in the path in the places of names such as `{toId}`, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed body; undefined when there was none. */
  readonly body: unknown;
  readonly now: number;
  readonly random: () => number;
  /** Stores what the call changes, all of it at once. */
  readonly commit: (changes: readonly Change[]) => void;
  /** Notes that the client sent something that a careful client would not. */
  readonly violate: (violation: Violation) => void;
}
