import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHubSpotCore, type HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { Settings } from '../../../infra/local/hubspot/core/settings.ts';
import { API_VERSIONS, type ApiVersion } from '../../../lib/hubspot/api-version.ts';
import { contactPaths } from '../../../lib/hubspot/contact-paths.ts';
import type { Verb } from '../../../lib/operations/contact-write.ts';
import type { WriteMessage } from '../../../lib/operations/message.ts';
import { aContactWrite, aMessage, NOON, operationId } from '../../support/a-contact-write.ts';
import { coreHubSpotClient } from '../../support/core-hubspot-client.ts';
import { deliverStored } from '../../support/deliver-stored.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createInMemoryContactLedger } from '../../support/in-memory-contact-ledger.ts';
import { createInMemoryOperationStore } from '../../support/in-memory-operation-store.ts';
import { createInMemoryWriteQueue } from '../../support/in-memory-write-queue.ts';

/** What one write does; `value` is what it sets, or something that HubSpot refuses. */
interface Step {
  readonly verb: Verb;
  readonly contact: number;
  readonly property: 'city' | 'phone';
  readonly fault: 'none' | 'bad-option' | 'unknown-property' | 'broken-rule';
}

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom<Verb>('create', 'update', 'upsert', 'upsert', 'archive'),
  contact: fc.integer({ min: 0, max: 8 }),
  property: fc.constantFrom('city', 'phone'),
  fault: fc.constantFrom('none', 'none', 'none', 'none', 'bad-option', 'unknown-property', 'broken-rule'),
});

/** Each unsettled fact of HubSpot's, either way. */
const unsettled: fc.Arbitrary<Partial<Settings>> = fc.record({
  resultOrder: fc.constantFrom('shuffled', 'input', 'reversed'),
  echoTraceIdOnCreate: fc.boolean(),
  echoTraceIdOnUpdate: fc.boolean(),
  echoTraceIdOnUpsert: fc.boolean(),
  sameEmailInOneCreate: fc.constantFrom('second-conflicts', 'whole-batch'),
  numErrors: fc.constantFrom('entries', 'records'),
  unknownNamesOnUpdate: fc.constantFrom('whole-batch', 'per-record'),
  unsetProperties: fc.constantFrom('null', 'omitted'),
  contactWarnings: fc.constantFrom('absent', 'empty'),
  errorsOfGoodBatch: fc.constantFrom('absent', 'empty'),
});

/** A rule that an administrator set, which HubSpot enforces from 2026-09 on. */
const validationRules = { zip: '^\\d{4}$' };

const emailOf = (contact: number): string => `c${contact}@example.com`;

function messageOf({ verb, contact, property, fault }: Step, n: number): WriteMessage {
  const email = contact % 2 === 0 ? emailOf(contact) : ` C${contact}@Example.com`;
  const value = `v${n}`;
  const target = { id: email.trim().toLowerCase(), idProperty: 'email' };
  if (verb === 'archive') return aMessage(n, verb, [aContactWrite(n, { properties: {}, ...target })]);
  const properties = {
    [property]: value,
    ...(fault === 'bad-option' && { lifecyclestage: 'nonsense' }),
    ...(fault === 'unknown-property' && { no_such_property: 'x' }),
    ...(fault === 'broken-rule' && { zip: 'none' }),
    ...(verb === 'create' && { email }),
  };
  return aMessage(n, verb, [aContactWrite(n, { properties, ...(verb !== 'create' && target) })]);
}

async function deliverAll(messages: readonly WriteMessage[], core: HubSpotCore, version: ApiVersion) {
  const clock = createFakeClock(NOON);
  const operations = createInMemoryOperationStore(clock);
  const queue = createInMemoryWriteQueue();
  const failed = await deliverStored(messages, {
    operations,
    queue,
    clock,
    ledger: createInMemoryContactLedger(),
    hubspot: coreHubSpotClient(core),
    paths: contactPaths(version),
  });
  const outcomes = await Promise.all(
    messages.map(async (_, n) => (await operations.read(operationId(n)))?.outcomes[0]),
  );
  return { failed, queue, outcomes };
}

test('D1, D5, D6, D7, D8: any mix of good and bad writes to a few contacts ends as if HubSpot had taken them one by one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 60 }),
      unsettled,
      fc.constantFrom(...API_VERSIONS),
      fc.nat(),
      async (steps, settings, version, seed) => {
        let state = seed + 1;
        const random = () => {
          state = (state * 48_271) % 2_147_483_647;
          return state / 2_147_483_647;
        };
        const core = createHubSpotCore({
          now: () => NOON,
          random,
          settings: { limit: 100_000, validationRules, ...settings },
        });
        const { failed, queue, outcomes } = await deliverAll(steps.map(messageOf), core, version);

        expect(failed).toEqual([]);
        expect(queue.sent).toEqual([]);
        expect(queue.deadLetters).toEqual([]);
        expect(core.statistics().violations).toEqual({});
        expect(outcomes.map((outcome) => outcome?.kind)).toEqual(oneByOne(steps, version).kinds);
        const live = core.contacts(1_000).filter(({ archivedAt }) => archivedAt === undefined);
        const contacts = live.map(({ properties }) => properties);
        const { values } = oneByOne(steps, version);
        expect(contacts).toHaveLength(values.size);
        for (const properties of contacts)
          expect(properties).toMatchObject(values.get(properties['email'] ?? '') ?? {});
      },
    ),
    { numRuns: 300 },
  );
});

/** What HubSpot makes of the steps when they come alone, each after the other. */
function oneByOne(steps: readonly Step[], version: ApiVersion) {
  const values = new Map<string, Record<string, string>>();
  const kinds = steps.map(({ verb, contact, property, fault }, n) => {
    const email = emailOf(contact);
    const existing = values.get(email);
    if (verb === 'archive') {
      values.delete(email);
      return 'archived';
    }
    const isFaulty = fault === 'broken-rule' ? version === '2026-09' : fault !== 'none';
    const refused = isFaulty || (verb === 'create' && existing) || (verb === 'update' && !existing);
    if (refused) return 'rejected';
    values.set(email, { ...existing, [property]: `v${n}` });
    return existing === undefined ? 'created' : 'updated';
  });
  return { values, kinds };
}
