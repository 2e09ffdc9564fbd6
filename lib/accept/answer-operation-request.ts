import { isValid } from 'ulid';
import type { OperationId } from '../operations/contact-write.ts';
import type { OperationStore } from '../operations/operation-store.ts';
import { type HttpAnswer, notFound } from './hubspot-error.ts';
import { renderOperation } from './render-operation.ts';

/** Answers `GET /operations/{id}`. What is no ULID cannot be an operation: `404`, without a look. */
export async function answerOperationRequest(
  id: string | undefined,
  correlationId: string,
  operations: OperationStore,
): Promise<HttpAnswer> {
  const record = isOperationId(id) ? await operations.read(id) : undefined;
  if (record === undefined) return notFound('there is no such operation, or it has expired', correlationId);
  return { status: 200, body: renderOperation(record) };
}

const isOperationId = (id: string | undefined): id is OperationId =>
  id !== undefined && isValid(id) && id === id.toUpperCase();
