import { answerOperationRequest } from '../../lib/accept/answer-operation-request.ts';
import { createDynamoDbOperationStore } from '../../lib/operations/dynamodb-operation-store.ts';
import { createDynamoDb } from '../../lib/runtime/aws-clients.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { requireNumber, requireVariable } from '../../lib/runtime/config.ts';
import { createLog } from '../../lib/runtime/logger.ts';
import { days } from '../../lib/runtime/units.ts';
import { relayHandler } from '../http/relay-handler.ts';

const operations = createDynamoDbOperationStore({
  client: createDynamoDb(),
  table: requireVariable('OPERATIONS_TABLE'),
  clock: systemClock,
  ttl: days(requireNumber('OPERATION_TTL_DAYS')),
});

/** Says what became of an operation. */
export const handler = relayHandler(
  ({ correlationId }, { operationId }) => answerOperationRequest(operationId, correlationId, operations),
  createLog('read-operation'),
  () => 'read',
);
