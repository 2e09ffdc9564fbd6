/** Units live in types: a raw number never crosses a module. */

declare const unit: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [unit]: Name };

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = Branded<number, 'EpochMs'>;
/** Seconds since 1970-01-01T00:00:00Z, as DynamoDB's TTL wants them. */
export type EpochSeconds = Branded<number, 'EpochSeconds'>;
/** A length of time in milliseconds. */
export type DurationMs = Branded<number, 'DurationMs'>;

export const epochMs = (value: number): EpochMs => value as EpochMs;
export const epochSeconds = (value: number): EpochSeconds => value as EpochSeconds;
export const milliseconds = (value: number): DurationMs => value as DurationMs;
export const seconds = (value: number): DurationMs => (value * 1_000) as DurationMs;
export const minutes = (value: number): DurationMs => (value * 60_000) as DurationMs;
export const days = (value: number): DurationMs => (value * 86_400_000) as DurationMs;

export const after = (time: EpochMs, duration: DurationMs): EpochMs => (time + duration) as EpochMs;
export const between = (from: EpochMs, to: EpochMs): DurationMs => (to - from) as DurationMs;
export const earlierOf = (one: EpochMs, other: EpochMs): EpochMs => Math.min(one, other) as EpochMs;
export const laterOf = (one: EpochMs, other: EpochMs): EpochMs => Math.max(one, other) as EpochMs;
export const toEpochSeconds = (time: EpochMs): EpochSeconds => Math.ceil(time / 1_000) as EpochSeconds;
export const toIso = (time: EpochMs): string => new Date(time).toISOString();
