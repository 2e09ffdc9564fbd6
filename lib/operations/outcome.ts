import type { ContactId } from './contact-write.ts';
import type { StageNote } from './lifecycle.ts';
import type { LinkOutcome } from './link.ts';

/** Why HubSpot, or the relay in its place, refused a write: an entry of HubSpot's batch `errors`. */
export interface WriteError {
  readonly status: 'error';
  readonly category: string;
  readonly message: string;
  readonly context?: Readonly<Record<string, readonly string[]>>;
}

/** In the order of the request; absent where an update or upsert came without any. */
interface WithAssociations {
  readonly associations?: readonly LinkOutcome[];
}

/** What became of a write, for good. */
export type Outcome =
  | ({
      readonly kind: 'created';
      readonly index: number;
      readonly id: ContactId;
      readonly stage?: StageNote;
    } & WithAssociations)
  | ({
      readonly kind: 'updated';
      readonly index: number;
      readonly id: ContactId;
      readonly stage?: StageNote;
    } & WithAssociations)
  | ({ readonly kind: 'superseded'; readonly index: number; readonly id?: ContactId } & WithAssociations)
  /** `wasGone`: there was no such contact any more. */
  | { readonly kind: 'archived'; readonly index: number; readonly id?: ContactId; readonly wasGone?: true }
  /** For good (GDPR delete). `id` only where the caller named it; `wasGone`: HubSpot knew no such contact. */
  | { readonly kind: 'deleted'; readonly index: number; readonly id?: ContactId; readonly wasGone?: true }
  | { readonly kind: 'associated'; readonly index: number; readonly id: ContactId }
  | { readonly kind: 'dissociated'; readonly index: number; readonly id: ContactId }
  | {
      readonly kind: 'rejected';
      readonly index: number;
      /** The HTTP status HubSpot gives a single request with this fault: 400, 404 or 409. */
      readonly httpStatus: number;
      readonly error: WriteError;
    };

/** HubSpot's own words about a settled write, kept briefly for a caller that waits. */
export type Answer = {
  readonly index: number;
  /** The entry of `results` (a SimplePublicObject, on upsert with `new`) or of `errors`, as HubSpot sent it. */
  readonly body: Readonly<Record<string, unknown>>;
};
