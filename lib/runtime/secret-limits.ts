import { type DurationMs, milliseconds, seconds } from './units.ts';

/** Secrets Manager answers within some 100 ms, a new connection and a slow processor included. */
export const SECRET_TIMEOUT: DurationMs = milliseconds(1_500);
/** One more than the first: single failures are over by then. */
export const SECRET_TRIES = 2;
/** The SDK's pause before its second try is drawn from 0 to 100 ms. */
const PAUSE: DurationMs = milliseconds(100);
/** 2 x 1.5 s + 0.1 s: so long at worst waits whoever needs a secret that was never read. Every function has more time than that. */
export const SECRET_READ_MOST: DurationMs = milliseconds(SECRET_TRIES * SECRET_TIMEOUT + PAUSE);
/** So long a refresh is waited for while there is an old value. */
export const REFRESH_PATIENCE: DurationMs = seconds(1);
