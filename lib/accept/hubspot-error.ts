import type { Fault } from './fault.ts';
import type { Scope } from './scope.ts';

/** An answer to an HTTP request; `body` is sent as JSON, bytes as they are, `undefined` not at all. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** HubSpot's error body (hubspot-api.md, section 1), in the order of keys seen there. */
export interface HubSpotError {
  readonly status: 'error';
  readonly message: string;
  readonly correlationId: string;
  readonly errors?: readonly unknown[];
  readonly context?: Readonly<Record<string, readonly string[]>>;
  readonly category: string;
}

/** A caller that was told `503` is asked to come again after this many seconds. */
export const RETRY_AFTER_SECONDS = 5;

const errorBody = (category: string, message: string, correlationId: string): HubSpotError => ({
  status: 'error',
  message,
  correlationId,
  category,
});

/** An error of one sentence. */
export const errorAnswer = (
  status: number,
  category: string,
  message: string,
  correlationId: string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer => ({ status, headers, body: errorBody(category, message, correlationId) });

export const unauthorized = (correlationId: string): HttpAnswer =>
  errorAnswer(
    401,
    'INVALID_AUTHENTICATION',
    'the relay key is missing or not valid: send it as "Authorization: Bearer <relay key>"',
    correlationId,
    { 'www-authenticate': 'Bearer' },
  );

/** As HubSpot refuses a token without the scopes of a call (OBJ guide), with the relay's own scope in their place. */
export function missingScope(scope: Scope, correlationId: string): HttpAnswer {
  const message = `this relay key may not do that: it lacks the scope "${scope}"`;
  const { category, ...rest } = errorBody('MISSING_SCOPES', message, correlationId);
  const required = {
    message: 'One or more of the following scopes are required.',
    context: { requiredGranularScopes: [scope] },
  };
  return { status: 403, body: { ...rest, errors: [required], category } };
}

export const notFound = (message: string, correlationId: string): HttpAnswer =>
  errorAnswer(404, 'OBJECT_NOT_FOUND', message, correlationId);

/** Whoever asks about less at once gets an answer. */
export const answerTooLarge = (correlationId: string): HttpAnswer =>
  errorAnswer(
    413,
    'ANSWER_TOO_LARGE',
    'the answer is larger than the 6 MB that the relay can pass on: send fewer contacts at once',
    correlationId,
  );

/** Nothing was accepted, though with a broken connection part of it may be delivered: the same request can be sent again. */
export const unavailable = (correlationId: string): HttpAnswer =>
  errorAnswer(503, 'SERVICE_UNAVAILABLE', 'the relay could not store the request: send it again', correlationId, {
    'retry-after': String(RETRY_AFTER_SECONDS),
  });

/**
 * A refusal that names what is wrong, all at once; `total` counts the faults beyond those listed too. Where all of them are values that
 * HubSpot would refuse, its message is HubSpot's own, which clients take apart.
 */
export function refusal(status: number, faults: Faults, correlationId: string): HttpAnswer {
  const { category, ...rest } = errorBody('VALIDATION_ERROR', messageOf(faults), correlationId);
  return { status, body: { ...rest, errors: faults.listed.map(renderFault), category } };
}

interface Faults {
  readonly listed: readonly Fault[];
  readonly total: number;
}

/** The sentence that a refusal begins with. */
export function messageOf({ listed, total }: Faults): string {
  const first = listed.length === 1 ? `the first of ${total} is` : `the first ${listed.length} of ${total} are`;
  const cut = total > listed.length ? `; ${first} listed` : '';
  if (listed.length > 0 && listed.every(({ byDefinitions }) => byDefinitions === 'value')) {
    return `Property values were not valid: ${JSON.stringify(listed.map(invalidValue))}${cut}`;
  }
  const what = listed[0]?.message ?? 'the request is not valid';
  const others = total - 1;
  const more = others > 0 ? ` (and ${others} more ${others === 1 ? 'fault' : 'faults'}, see errors)` : '';
  return `Invalid input: ${what}${more}${cut}`;
}

/** An entry of HubSpot's list of invalid values (hubspot-api.md, section 2), without the portal's id, which the relay does not know. */
const invalidValue = ({ message, code, propertyName }: Fault) => ({
  isValid: false,
  message,
  error: code,
  name: propertyName,
  localizedErrorMessage: message,
});

/** A fault as an entry of `errors`. */
export function renderFault({ message, code, in: place, propertyName, index }: Fault) {
  const context = {
    ...(propertyName === undefined ? {} : { propertyName: [propertyName] }),
    ...(index === undefined ? {} : { index: [String(index)] }),
  };
  return { message, code, in: place, ...(Object.keys(context).length === 0 ? {} : { context }) };
}
