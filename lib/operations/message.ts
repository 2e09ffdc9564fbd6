import type { EpochMs } from '../runtime/units.ts';
import type { ContactId, ContactWrite, OperationId, Verb } from './contact-write.ts';
import type { QueuedPolicy } from './lifecycle.ts';
import type { FollowUpMark } from './link.ts';

/** Writes travel a hundred at most to a message: what fits one HubSpot call, and what one poison message can hold up. */
export const MAX_WRITES_PER_MESSAGE = 100;
/** SQS bills units of 64 KiB, so a message is packed up to one. */
export const MESSAGE_TARGET_BYTES = 64 * 1024;
/** SQS takes 1 MiB a message and a batch (SQS guide); a little is left for the envelope. */
export const MESSAGE_MAX_BYTES = 1024 * 1024 - 1024;

/** What travels in SQS, version 1: some of the writes of one operation, all of one verb. */
export interface WriteMessage {
  readonly v: 1;
  readonly operationId: OperationId;
  readonly verb: Verb;
  readonly acceptedAt: EpochMs;
  /** How often its writes were handed on in a new message; 0 when it comes from the door. */
  readonly attempt: number;
  /** Somebody waits for HubSpot's own answer: store it beside the outcome. */
  readonly wait?: true;
  /** What is to be done about a lifecycle stage that HubSpot does not take; absent: what the deployment says. */
  readonly lifecycle?: QueuedPolicy;
  /** HubSpot asked to be left alone until then; a delay in SQS ends after 900 s, this may last for a day. */
  readonly notBefore?: EpochMs;
  readonly writes: readonly QueuedWrite[];
}

/** A write on its way. */
export interface QueuedWrite extends ContactWrite {
  /**
   * An earlier call that held this create was sent and its answer lost: HubSpot may have made the contact. A CONFLICT then
   * is not a verdict.
   */
  readonly inDoubt?: true;
  /** How many tries at this create are over, for creates that nothing could recognise: each try has a note of its own. */
  readonly tries?: number;
  /** HubSpot has created this contact, and only its outcome could not be stored: it must not be sent again. */
  readonly createdAs?: ContactId;
  /** HubSpot refused it merged with others: it goes by itself, so that the culprit alone is rejected. */
  readonly alone?: true;
  /** A whole call was refused without a name: writes of one company travel together and with nobody else. */
  readonly company?: string;
  /** HubSpot has its properties, only its associations are open: the properties must not be sent again. */
  readonly followUp?: FollowUpMark;
}
