/**
 * What a relay key may be good for: `read` (forwarded reads, searches included, and operations), `write` (the routes whose writes
 * are queued), `forward` (every other request, which goes to HubSpot at once and may change something there).
 */
export const SCOPES = ['read', 'write', 'forward'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whether a word, from a secret or an authorizer's answer, is one of them. */
export const isScope = (word: string): word is Scope => SCOPES.some((scope) => scope === word);
