/** How long an invocation of a consumer lasts at the most. */
export const FUNCTION_TIMEOUT = 60_000;
