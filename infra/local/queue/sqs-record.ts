import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';

/** Lambda's limit for the event of one invocation, in bytes; a little is kept for what surrounds the records. */
export const maximumRecordBytes = 6 * 1024 * 1024 - 1_024;

/** Puts a received message into the shape in which Lambda hands it to a function. */
export function toSqsRecord(message: Message, queueArn: string, region: string): SQSRecord {
  const { ApproximateReceiveCount, SentTimestamp, SenderId, ApproximateFirstReceiveTimestamp, ...others } =
    message.Attributes ?? {};
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ...others,
      ApproximateReceiveCount: ApproximateReceiveCount ?? '1',
      SentTimestamp: SentTimestamp ?? '0',
      SenderId: SenderId ?? '',
      ApproximateFirstReceiveTimestamp: ApproximateFirstReceiveTimestamp ?? '0',
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, toRecordAttribute(value)]),
    ),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}

function toRecordAttribute(value: MessageAttributeValue): SQSRecord['messageAttributes'][string] {
  return {
    dataType: value.DataType ?? 'String',
    stringListValues: [],
    binaryListValues: [],
    ...(value.StringValue !== undefined && { stringValue: value.StringValue }),
    ...(value.BinaryValue !== undefined && { binaryValue: Buffer.from(value.BinaryValue).toString('base64') }),
  };
}

/** How much of an event these records take. */
export function bytesOf(records: readonly SQSRecord[]): number {
  return records.reduce((sum, record) => sum + Buffer.byteLength(JSON.stringify(record)) + 1, 0);
}

/** Takes as many records from the front as one event can hold, never fewer than one; the rest waits for the next event. */
export function splitByPayload(
  records: readonly SQSRecord[],
  batchSize: number,
  limitBytes = maximumRecordBytes,
): { readonly batch: readonly SQSRecord[]; readonly rest: readonly SQSRecord[] } {
  let bytes = 0;
  let count = 0;
  for (const record of records) {
    bytes += bytesOf([record]);
    if (count > 0 && (bytes > limitBytes || count >= batchSize)) break;
    count += 1;
  }
  return { batch: records.slice(0, count), rest: records.slice(count) };
}
