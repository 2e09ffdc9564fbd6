import type { DurationMs, EpochMs } from '../runtime/units.ts';
import type { PortalDefinitions } from './property-definitions.ts';

/** When a refresh is due. */
export interface RefreshTerms {
  readonly now: EpochMs;
  /** Definitions are due when they are as old as this, */
  readonly dueAfter: DurationMs;
  /** or as old as this, if somebody wished for newer ones since they were read. */
  readonly wishDueAfter: DurationMs;
  /** Nobody else refreshes them meanwhile. */
  readonly lease: DurationMs;
}

/** The portal's definitions as all of the relay shares them. Every method throws when the store cannot be reached. */
export interface DefinitionsStore {
  /** The newest definitions, or those of a moment before; undefined when none were ever stored. */
  read(): Promise<PortalDefinitions | undefined>;
  /** Whether the caller is to refresh them: they are due, and nobody else is at it. For one of many that ask at once. */
  claimRefresh(terms: RefreshTerms): Promise<boolean>;
  /** Stores definitions, unless there are newer ones. */
  put(definitions: PortalDefinitions): Promise<void>;
  /** Asks for newer definitions than there are at `now`. */
  wish(now: EpochMs): Promise<void>;
}
