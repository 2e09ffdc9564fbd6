/**
 * What a relay key may be good for: `read` (forwarded reads, searches included, and operations), `write` (the routes whose writes
 * are queued), `forward` (every other request, which goes to HubSpot at once and may change something there), `gdpr-delete` (deleting people
 * for good, which nobody can undo).
 */
export const SCOPES = ['read', 'write', 'forward', 'gdpr-delete'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a key may do of which nothing is said: all but what cannot be undone. */
export const USUAL_SCOPES: readonly Scope[] = ['read', 'write', 'forward'];

/** Whether a word, from a secret or an authorizer's answer, is one of them. */
export const isScope = (word: string): word is Scope => SCOPES.some((scope) => scope === word);
