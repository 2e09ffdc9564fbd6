/** Faults that come before the first byte is sent; anything else may have reached HubSpot. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Why a `fetch` failed, and whether HubSpot surely got nothing. */
export interface ConnectionFault {
  readonly code: string;
  readonly isUnsent: boolean;
}

/** Node's fetch hides the socket's error in `cause`, and the cause of several addresses in `errors`. */
export function connectionFaultOf(error: unknown): ConnectionFault {
  const code = codeOf(error);
  return { code, isUnsent: NEVER_CONNECTED.has(code) };
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('cause' in error && error.cause !== undefined) return codeOf(error.cause);
  return 'name' in error ? String(error.name) : 'unknown';
}
