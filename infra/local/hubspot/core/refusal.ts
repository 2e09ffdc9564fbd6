import type { PropertyFault } from './check-values.ts';
import type { Settings } from './settings.ts';
import { failure, type Reply } from './wire.ts';

/** Why one record of a call is refused, before it is known whether that sinks the whole call. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: 400 | 404 | 409;
  readonly category: 'VALIDATION_ERROR' | 'CONFLICT' | 'OBJECT_NOT_FOUND' | 'OBJECT_ALREADY_EXISTS';
  readonly message: string;
  readonly faults: readonly PropertyFault[];
  readonly existingId?: string;
  readonly context?: Readonly<Record<string, readonly string[]>>;
  /** Set when this record takes the whole batch with it, trace ids or not. */
  readonly sinksBatch?: boolean;
}

/** An entry of a batch's `errors`: these four keys and no more, as observed; one error of associations has a fifth. */
export interface ErrorEntry {
  readonly status: 'error';
  readonly category: string;
  readonly subCategory?: string;
  readonly message: string;
  readonly context: Readonly<Record<string, readonly string[]>>;
}

export function invalidValues(faults: readonly PropertyFault[], portalId: number): Refusal {
  return {
    kind: 'refused',
    status: 400,
    category: 'VALIDATION_ERROR',
    message: notValidMessage(faults, portalId),
    faults,
  };
}

export const invalid = (message: string): Refusal => ({
  kind: 'refused',
  status: 400,
  category: 'VALIDATION_ERROR',
  message,
  faults: [],
});

/** The e-mail of somebody who was deleted for good; nobody has published what HubSpot says of it. */
export function emailBlocked({ portalId, blockedEmailError }: Settings): Refusal {
  const message = 'This email address was deleted for good and cannot be added again';
  if (blockedEmailError === 'sentence') return invalid(message);
  return invalidValues([{ name: 'email', code: 'INVALID_EMAIL', message }], portalId);
}

/** Associations that cannot be made; the context says why. */
export const invalidAssociation = (context: Readonly<Record<string, readonly string[]>>): Refusal => ({
  ...invalid('One or more associations are invalid'),
  context,
});

export const alreadyExists = (existingId: string, sinksBatch: boolean): Refusal => ({
  kind: 'refused',
  status: 409,
  category: 'CONFLICT',
  message: `Contact already exists. Existing ID: ${existingId}`,
  faults: [],
  existingId,
  sinksBatch,
});

/** The collision that is not a CONFLICT: `id` may be a record that was half made and does not exist. */
export function valueTaken(
  { portalId, takenValueError }: Settings,
  property: string,
  value: string,
  id: string,
  owner: string,
): Refusal {
  const message =
    `Cannot set PropertyValueCoordinates{portalId=${portalId}, objectTypeId=ObjectTypeId{legacyObjectType=CONTACT}, ` +
    `propertyName=${property}, value=${value}} on ${id}. ${owner} already has that value.`;
  if (takenValueError === 'sentence') return invalid(message);
  return invalidValues([{ name: property, code: 'CONFLICTING_UNIQUE_VALUE', message }], portalId);
}

/** The refusal as an answer of its own. */
export function refusalReply(refusal: Refusal): Reply {
  const errors = refusal.faults.map(({ name, code, message }) => ({
    message,
    code,
    context: { propertyName: [name] },
  }));
  return failure(refusal.status, {
    message: refusal.message,
    ...(errors.length > 0 && { errors }),
    ...(refusal.context && { context: refusal.context }),
    category: refusal.category,
  });
}

/**
 * The answer to a batch that its refused records sink: the first conflict alone, or every invalid property, without a
 * word on which record it stood in.
 */
export function wholeBatchReply(refusals: readonly Refusal[], portalId: number): Reply {
  const first = refusals.find((refusal) => refusal.sinksBatch) ?? refusals[0] ?? invalid('The batch was refused.');
  const faults = refusals.flatMap((refusal) => refusal.faults);
  if (first.status === 409 || faults.length === 0) return refusalReply(first);
  return refusalReply(invalidValues(faults, portalId));
}

/** The refusal as an entry of a 207, told apart by trace id, or by record id where there is none. */
export function errorEntry(refusal: Refusal, input: { objectWriteTraceId?: string; id?: string }): ErrorEntry {
  const { objectWriteTraceId, id } = input;
  return {
    status: 'error',
    category: refusal.category,
    message: refusal.message,
    context: {
      ...(objectWriteTraceId === undefined
        ? id !== undefined && { ids: [id] }
        : { objectWriteTraceId: [objectWriteTraceId] }),
      ...(refusal.existingId !== undefined && { existingId: [refusal.existingId] }),
    },
  };
}

function notValidMessage(faults: readonly PropertyFault[], portalId: number): string {
  const list = faults.map(({ name, code, message }) => ({
    isValid: false,
    message,
    error: code,
    name,
    localizedErrorMessage: message,
    portalId,
  }));
  return `Property values were not valid: ${JSON.stringify(list)}`;
}
