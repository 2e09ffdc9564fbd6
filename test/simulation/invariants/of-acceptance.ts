import type { InMemoryOperationStore } from '../../support/in-memory-operation-store.ts';
import type { DoorAnswer } from '../callers.ts';
import type { Witness } from '../witness.ts';

/** A1, A2 and A3 at each answer of the door. Returns the check. */
export function createAcceptanceCheck(
  witness: Witness,
  operations: InMemoryOperationStore,
): (answer: DoorAnswer) => void {
  /** Under each key: the body that was first accepted, and its operation. */
  const accepted = new Map<string, { readonly body: string; readonly operation: string }>();
  return ({ request, answer, operationsPut, messagesSent }) => {
    if (answer === undefined) return;
    const key = request.headers['idempotency-key'];
    const scoped = key === undefined ? undefined : `${request.method} ${request.path} ${key}`;
    const body = `${request.query} ${request.body}`;
    const known = scoped === undefined ? undefined : accepted.get(scoped);
    if (answer.status === 422 && operationsPut + messagesSent > 0) {
      witness.report('A3', `${key} was refused and stored ${operationsPut} operations, sent ${messagesSent} messages`);
    }
    if (answer.status !== 202) return;
    const operation = answer.headers?.['location']?.split('/').at(-1) ?? '';
    checkA1(witness, operations, operation);
    if (scoped === undefined) return;
    if (known === undefined) accepted.set(scoped, { body, operation });
    else if (known.body !== body) witness.report('A3', `${key} was accepted with two bodies`);
    else if (known.operation !== operation) {
      witness.report('A2', `${key} was accepted as ${known.operation} and as ${operation}`);
    }
  };
}

/** A1: the operation is stored, and each of its writes is in a queue or settled. */
function checkA1(witness: Witness, operations: InMemoryOperationStore, id: string): void {
  const stored = [...operations.operations.values()].find((operation) => operation.id === id);
  if (stored === undefined) {
    witness.report('A1', `${id} was accepted and is not stored`);
    return;
  }
  for (let index = 0; index < stored.total; index += 1) {
    const key = `${id}#${index}`;
    if ((witness.copies.get(key) ?? 0) > 0 || witness.outcomes.has(key)) continue;
    witness.report('A1/A4', `${id} was accepted and write ${index} is nowhere`);
  }
}
