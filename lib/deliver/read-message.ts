import * as z from 'zod/mini';
import { VERBS } from '../operations/contact-write.ts';
import { MAX_WRITES_PER_MESSAGE, type WriteMessage } from '../operations/message.ts';

const Properties = z.record(z.string(), z.string());
const Time = z.number().check(z.int(), z.nonnegative());

const AssociationTypes = z.array(z.object({ associationCategory: z.string(), associationTypeId: z.number() }));

const StageNote = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('kept'),
    sent: z.string(),
    stage: z.string(),
    reason: z.enum(['backward', 'unknown']),
  }),
  z.object({ kind: z.literal('moved-back'), sent: z.string(), from: z.string() }),
]);

const QueuedWrite = z.object({
  index: z.number().check(z.int(), z.gte(0), z.lt(1_000)),
  sequence: z.string().check(z.minLength(26), z.maxLength(26)),
  idProperty: z.optional(z.string().check(z.minLength(1))),
  id: z.optional(z.string().check(z.minLength(1))),
  properties: Properties,
  associations: z.optional(
    z.array(
      z.object({
        to: z.object({ id: z.string() }),
        types: AssociationTypes,
        toObjectType: z.optional(z.string()),
      }),
    ),
  ),
  link: z.optional(
    z.object({
      toType: z.string().check(z.minLength(1)),
      toId: z.string().check(z.minLength(1)),
      types: z.optional(AssociationTypes.check(z.minLength(1))),
    }),
  ),
  followUp: z.optional(
    z.object({
      id: z.string(),
      outcome: z.enum(['created', 'updated', 'superseded']),
      stage: z.optional(StageNote),
    }),
  ),
  occurredAt: z.optional(Time),
  inDoubt: z.optional(z.literal(true)),
  tries: z.optional(z.number().check(z.int(), z.nonnegative())),
  createdAs: z.optional(z.string()),
  alone: z.optional(z.literal(true)),
  company: z.optional(z.string()),
});

const Envelope = z.object({
  v: z.literal(1),
  operationId: z.string().check(z.minLength(26), z.maxLength(26)),
  verb: z.enum(VERBS),
  acceptedAt: Time,
  attempt: z.number().check(z.int(), z.nonnegative()),
  wait: z.optional(z.literal(true)),
  lifecycle: z.optional(z.enum(['forward', 'allow-backward'])),
  notBefore: z.optional(Time),
  writes: z.array(QueuedWrite).check(z.minLength(1), z.maxLength(MAX_WRITES_PER_MESSAGE)),
});

export type ReadMessage =
  | { readonly kind: 'message'; readonly message: WriteMessage }
  /** `detail` says what is wrong, without a word of the body. */
  | { readonly kind: 'unreadable'; readonly detail: string };

/** Parses the body of an SQS message. */
export function readMessage(body: string): ReadMessage {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { kind: 'unreadable', detail: 'the body is not JSON' };
  }
  const parsed = Envelope.safeParse(json);
  if (!parsed.success)
    return { kind: 'unreadable', detail: `the body is not a message of version 1: ${faults(parsed.error)}` };
  const unaddressed = parsed.data.writes.find((write) => parsed.data.verb !== 'create' && write.id === undefined);
  if (unaddressed) return { kind: 'unreadable', detail: `write ${unaddressed.index} does not say whom it is about` };
  const isLink = parsed.data.verb === 'associate' || parsed.data.verb === 'dissociate';
  const unlinked = parsed.data.writes.find((write) => isLink && (write.link === undefined || write.idProperty));
  if (unlinked) return { kind: 'unreadable', detail: `write ${unlinked.index} does not say what it associates` };
  return { kind: 'message', message: parsed.data as unknown as WriteMessage };
}

const faults = (error: z.core.$ZodError): string =>
  error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'body'} (${issue.code})`)
    .join(', ');
