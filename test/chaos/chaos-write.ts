/** One write as a caller sent it. */
export interface ChaosWrite {
  readonly verb: 'create' | 'update' | 'upsert';
  /** The contact that it is for, however the request addressed it. */
  readonly email: string;
  /** Counts the writes of one contact; one caller at a time writes to it, so this is also their order of acceptance. */
  readonly number: number;
  /** The properties that it sets, each to its number. */
  readonly properties: readonly string[];
}

/** What became of a write, as far as its caller can know. */
export type ChaosFate =
  /** Never answered with `202`: it may arrive or not. */
  | { readonly kind: 'in-doubt' }
  | { readonly kind: 'created' | 'updated'; readonly id: string | undefined }
  | { readonly kind: 'superseded' }
  | { readonly kind: 'rejected'; readonly category: string }
  /** Answered with `202`, and no final outcome when the patience was over. */
  | { readonly kind: 'open'; readonly operation: string };

/** A write together with its fate. */
export interface SettledWrite extends ChaosWrite {
  readonly fate: ChaosFate;
  /** When its operation was complete, in milliseconds of the epoch: from then on the relay knew that it had arrived. */
  readonly completedAt?: number;
}
