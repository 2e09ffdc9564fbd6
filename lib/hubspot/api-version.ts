/**
 * The versions of HubSpot's contacts API whose bodies the relay knows: what callers may write in, and what the relay itself may speak.
 * HubSpot adds one each March and September and keeps each for 18 months (versioning guide).
 */
export const API_VERSIONS = ['v3', '2025-09', '2026-03', '2026-09'] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

/** The versions as a sentence names them. */
export const KNOWN_VERSIONS = `${API_VERSIONS.slice(0, -1).join(', ')} and ${API_VERSIONS.at(-1)}`;

/** Undefined when the relay does not know such a version. */
export const parseApiVersion = (text: string): ApiVersion | undefined => API_VERSIONS.find((known) => known === text);

/** Whether contacts of a version may hold `warnings`: those of 2025-09 and 2026-09 have no such field (HubSpot's specifications). */
export const hasWarnings = (version: ApiVersion): boolean => version === 'v3' || version === '2026-03';
