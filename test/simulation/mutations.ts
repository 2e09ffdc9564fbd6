import type { HubSpotAnswer, HubSpotClient, HubSpotRequest } from '../../lib/hubspot/hubspot-answer.ts';
import { after, milliseconds, minutes, seconds } from '../../lib/runtime/units.ts';
import type { PortMutation } from './port-mutation.ts';
import type { SourceEdit } from './source-edit.ts';

/** A deliberate bug that the simulation has to find. */
export interface Mutation {
  readonly name: string;
  readonly ports?: Partial<PortMutation>;
  readonly edits?: readonly SourceEdit[];
}

type Result = Readonly<Record<string, unknown>>;
interface Batch {
  readonly inputs: readonly Result[];
  readonly results: readonly Result[];
  readonly errors: readonly Result[];
}

const listIn = (body: unknown, name: string): readonly Result[] => {
  const list: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  return Array.isArray(list) ? list : [];
};

const isWrite = ({ path }: HubSpotRequest): boolean => /\/contacts\/batch\/(create|update|upsert)$/.test(path);

/** Changes the answers to batch writes before the relay sees them, as wrong code would read them. */
const reading = (change: (answer: HubSpotAnswer, inputs: readonly Result[]) => HubSpotAnswer) => ({
  hubspot: (client: HubSpotClient): HubSpotClient => ({
    call: async (request, timeout) => {
      const answer = await client.call(request, timeout);
      return isWrite(request) ? change(answer, listIn(request.body, 'inputs')) : answer;
    },
  }),
});

/** The same for answers that HubSpot worked out. */
const readingResults = (change: (batch: Batch) => readonly Result[]) =>
  reading((answer, inputs) => {
    if (answer.kind !== 'answered' || answer.status >= 300) return answer;
    const results = listIn(answer.body, 'results');
    const errors = listIn(answer.body, 'errors');
    return { ...answer, body: { ...Object(answer.body), results: change({ inputs, results, errors }) } };
  });

const tracesIn = (errors: readonly Result[]): readonly unknown[] =>
  errors.flatMap(({ context }) => listIn(context, 'objectWriteTraceId'));

const madeUp = (input: Result): Result => ({
  id: input['idProperty'] === undefined ? (input['id'] ?? '1') : '1',
  properties: input['properties'],
  objectWriteTraceId: input['objectWriteTraceId'],
});

/** The list that grows with every class of bug that the field is known for. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'acknowledge before settle',
    ports: {
      operations: (store) => ({
        ...store,
        settle: async (settlement) => void store.settle(settlement).catch(() => {}),
      }),
    },
  },
  {
    name: 'acknowledge what was not handed on',
    ports: { queue: (queue) => ({ ...queue, send: async (messages) => queue.send(messages).then(() => []) }) },
  },
  {
    name: '202 before SQS has confirmed',
    ports: {
      doorQueue: (queue) => ({
        ...queue,
        send: async (messages) => {
          void queue.send(messages);
          return [];
        },
      }),
    },
  },
  {
    name: '202 without a look at Failed[]',
    ports: { doorQueue: (queue) => ({ ...queue, send: (messages) => queue.send(messages).then(() => []) }) },
  },
  {
    name: 'operation stored after it is sent',
    ports: {
      operations: (store) => ({ ...store, put: async (operation) => void store.put(operation).catch(() => {}) }),
    },
  },
  {
    name: 'every repeat of a key is new',
    ports: {
      idempotency: (store) => ({
        ...store,
        claim: async (...args) => store.claim(...args).then(() => ({ kind: 'claimed' })),
      }),
    },
  },
  {
    name: 'fingerprint not compared',
    ports: {
      idempotency: (store) => ({
        ...store,
        claim: async (record, ...rest) => {
          const claim = await store.claim(record, ...rest);
          if (claim.kind !== 'found') return claim;
          return { kind: 'found', record: { ...claim.record, fingerprint: record.fingerprint } };
        },
      }),
    },
  },
  {
    name: 'new sequences when a key is taken over',
    ports: {
      idempotency: (store) => ({
        ...store,
        claim: async (record, ...rest) => {
          const claim = await store.claim(record, ...rest);
          if (claim.kind !== 'resumed') return claim;
          return { kind: 'resumed', operation: { ...record.operation, id: claim.operation.id } };
        },
      }),
    },
  },
  {
    name: 'trust the order of results',
    ports: readingResults(({ inputs, results }) =>
      results.map((result, position) => ({ ...result, objectWriteTraceId: inputs[position]?.['objectWriteTraceId'] })),
    ),
  },
  {
    name: 'success by absence of error',
    ports: readingResults(({ inputs, results, errors }) => {
      if (results.length + errors.length >= inputs.length) return results;
      const failed = tracesIn(errors);
      const known = new Set(results.map(({ id }) => id));
      const silent = inputs.filter((input) => !failed.includes(input['objectWriteTraceId']) && !known.has(input['id']));
      return silent.map(madeUp);
    }),
  },
  {
    name: 'a lost answer is a success',
    ports: reading((answer, inputs) =>
      answer.kind === 'unanswered'
        ? { kind: 'answered', status: 200, body: { status: 'COMPLETE', results: inputs.map(madeUp) } }
        : answer,
    ),
  },
  {
    name: 'a lost answer is a refusal',
    ports: reading((answer) =>
      answer.kind === 'unanswered'
        ? { kind: 'answered', status: 400, body: { category: 'VALIDATION_ERROR', message: 'no answer' } }
        : answer,
    ),
  },
  {
    name: 'all are blamed for one',
    ports: reading((answer, inputs) => {
      if (answer.kind !== 'answered' || answer.status !== 400 || inputs.length < 2) return answer;
      const context = { objectWriteTraceId: inputs.map((input) => input['objectWriteTraceId']) };
      const errors = [{ status: 'error', category: 'VALIDATION_ERROR', message: 'refused', context }];
      return { ...answer, status: 207, body: { status: 'COMPLETE', results: [], errors } };
    }),
  },
  {
    name: 'trace ids used again',
    ports: { traceId: () => () => 'trace' },
  },
  {
    name: 'Retry-After is not heard',
    ports: {
      hubspot: (client) => ({
        call: async (request, timeout) => {
          const answer = await client.call(request, timeout);
          if (answer.kind !== 'answered') return answer;
          const { retryAfter: _, ...rest } = answer;
          return rest;
        },
      }),
    },
  },
  {
    name: 'calls without a slot',
    ports: {
      delivery: (delivery) => ({
        ...delivery,
        pace: {
          ...delivery.pace,
          take: async () => true,
          book: async () => ({ start: async () => true, leave: async () => {} }),
        },
      }),
    },
  },
  {
    name: 'the deadline is not kept',
    ports: {
      deliver: (deliver) => (received, deadline, delivery) => deliver(received, after(deadline, minutes(10)), delivery),
    },
  },
  {
    name: 'settled writes are not looked up',
    ports: { operations: (store) => ({ ...store, findSettled: async () => [] }) },
  },
  {
    name: 'dead letter after three attempts',
    ports: {
      queue: (queue) => ({
        ...queue,
        send: async (messages) => {
          const tired = messages.filter(({ message }) => message.attempt > 3);
          const letters = tired.map(({ message }) => ({ body: JSON.stringify(message), reason: 'tired', detail: '' }));
          const unconfirmed = letters.length > 0 ? await queue.setAside(letters) : [];
          const kept = messages.filter(({ message }) => message.attempt <= 3);
          const unsent = kept.length > 0 ? await queue.send(kept) : [];
          return unconfirmed.length + unsent.length > 0 ? messages.map((_, position) => position) : [];
        },
      }),
    },
  },
  {
    name: 'no fence',
    ports: {
      ledger: (ledger) => ({
        ...ledger,
        acquire: async (...args) => {
          const acquisition = await ledger.acquire(...args);
          if (acquisition.kind !== 'acquired') return acquisition;
          return { ...acquisition, entry: { ...acquisition.entry, fence: new Map() } };
        },
      }),
    },
  },
  {
    name: 'fence without lease',
    ports: {
      ledgerItself: (ledger) => ({
        ...ledger,
        acquire: async (name, owner, now, end) => {
          const holder = ledger.items.get(name)?.owner;
          if (holder !== undefined && holder !== owner) await ledger.release(name, holder);
          return ledger.acquire(name, owner, now, end);
        },
      }),
    },
  },
  {
    name: 'lease without owner check',
    ports: {
      ledgerItself: (ledger) => ({
        ...ledger,
        settle: (settlement) =>
          ledger.settle({ ...settlement, owner: ledger.items.get(settlement.name)?.owner ?? settlement.owner }),
        release: (name, owner) => ledger.release(name, ledger.items.get(name)?.owner ?? owner),
      }),
    },
  },
  {
    name: 'lease ends with the invocation',
    ports: {
      ledger: (ledger) => ({
        ...ledger,
        acquire: (name, owner, now, end) => ledger.acquire(name, owner, now, after(end, milliseconds(-seconds(120)))),
      }),
    },
  },
  {
    name: 'the lease is given back after a lost answer',
    edits: [
      {
        file: 'lib/deliver/put-off.ts',
        find: "if (lease !== undefined) state.endLease(lease.name, 'keep');",
        replace: "if (lease !== undefined) state.endLease(lease.name, 'release');",
      },
    ],
  },
  {
    name: 'a create without a key is sent again',
    edits: [
      {
        file: 'lib/deliver/mark-nameless.ts',
        find: "else if (marking.kind === 'begun') giveUpOrRepeat(pending, repeatsKeyless, state, now);",
        replace: '',
      },
    ],
  },
  {
    name: 'a conflict is always a verdict',
    edits: [
      {
        file: 'lib/deliver/conclude-conflict.ts',
        find: 'if (contact !== undefined && wasMadeBy(pending, contact, world.writeIdProperty))',
        replace:
          'if (contact !== undefined && !wasMadeBy(pending, contact, world.writeIdProperty) && pending === undefined)',
      },
    ],
  },
  {
    name: 'a write id changes when its create is sent again',
    edits: [
      {
        file: 'lib/deliver/write-id.ts',
        find: '[operationId, write.index]',
        replace: '[operationId, write.index, write.tries]',
      },
    ],
  },
  {
    name: 'a write id that is taken is a verdict',
    edits: [
      {
        file: 'lib/deliver/find-contact.ts',
        find: 'if (writeIds.length > 0) return writeIds.includes(writeIdOf(pending));',
        replace: 'if (writeIds.length > 0) return false;',
      },
    ],
  },
  {
    name: 'merge across verbs',
    edits: [
      {
        file: 'lib/deliver/plan-calls.ts',
        find: "if (previous.verb === 'create' || previous.verb === 'archive' || previous.verb !== next.verb) return false;",
        replace: "if (previous.verb === 'create' || previous.verb === 'archive') return false;",
      },
    ],
  },
  {
    name: 'merge creates',
    edits: [
      {
        file: 'lib/deliver/plan-calls.ts',
        find: "if (previous.verb === 'create' || previous.verb === 'archive' || previous.verb !== next.verb) return false;",
        replace: "if (previous.verb === 'archive' || previous.verb !== next.verb) return false;",
      },
    ],
  },
  {
    name: 'lifecycle stage cleared and set in one call',
    edits: [
      {
        file: 'lib/deliver/plan-calls.ts',
        find: "return older[STAGE] === '' && (newer[STAGE] ?? '') !== '';",
        replace: 'return older === newer;',
      },
    ],
  },
  {
    name: 'a late clear of the lifecycle stage is superseded',
    edits: [
      {
        file: 'lib/deliver/pass-fence.ts',
        find: '|| (name === STAGE && isLate)',
        replace: '',
      },
    ],
  },
  {
    name: 'a stage that HubSpot kept is not told of',
    edits: [
      {
        file: 'lib/deliver/heed-stages.ts',
        find: 'body: showing(kept.verdict.body, stage), stage: note };',
        replace: 'body: showing(kept.verdict.body, note.stage) };',
      },
    ],
  },
  {
    name: 'a stage is moved backward without a clear',
    edits: [
      {
        file: 'lib/deliver/heed-stages.ts',
        find: "kept.map(({ entry, verdict: { id } }) => ({ entry, id, stage: '' })),",
        replace: 'kept.map(({ entry, verdict: { id }, sent }) => ({ entry, id, stage: sent })),',
      },
      {
        file: 'lib/deliver/heed-stages.ts',
        find: "if (clear.kind === 'delivered' && !stageIn(clear)) cleared.push(each);",
        replace: "if (clear.kind === 'delivered') cleared.push(each);",
      },
    ],
  },
  {
    name: 'a stage that was cleared is not set again when the set is lost',
    edits: [
      {
        file: 'lib/deliver/heed-stages.ts',
        find: "if (set.kind !== 'delivered') return set;",
        replace: "if (set.kind !== 'delivered') return kept.verdict;",
      },
    ],
  },
  {
    name: 'an archive leaves no floor',
    edits: [
      {
        file: 'lib/deliver/conclude-archived.ts',
        find: 'new Map([[ARCHIVED, orderOf(pending)]])',
        replace: 'new Map(ARCHIVED === orderOf(pending) ? [] : [])',
      },
    ],
  },
  {
    name: 'an archive takes a contact that a newer create was told is there',
    edits: [
      {
        file: 'lib/deliver/conclude-conflict.ts',
        find: 'new Map([[WANTED, order]])',
        replace: 'new Map(WANTED === order ? [] : [])',
      },
    ],
  },
  {
    name: 'an archive older than a write is made',
    edits: [
      {
        file: 'lib/deliver/pass-fence.ts',
        find: "return [...fence].some(([name, order]) => !isArchiving(name) && order > own) ? 'superseded' : {};",
        replace: 'return {};',
      },
    ],
  },
  {
    name: 'the records of a deleted person are kept',
    edits: [
      {
        file: 'lib/deliver/erase-home.ts',
        find: 'ledger.erase({ name, owner, order })',
        replace: 'ledger.settle({ name, owner, id: null, fence: new Map([["contact:erased", order]]) })',
      },
    ],
  },
  {
    name: 'associations are not held against the fence',
    edits: [
      {
        file: 'lib/deliver/prune-links.ts',
        find: 'passLink(linkVerbOf(link.of), link, orderOf(link.of), fence)',
        replace: 'passLink(linkVerbOf(link.of), link, orderOf(link.of), new Map(fence.size > 0 ? [] : []))',
      },
    ],
  },
  {
    name: 'a deletion leaves no floor',
    edits: [
      {
        file: 'lib/deliver/heed-erasures.ts',
        find: 'names.length === 0 ? new Map()',
        replace: 'names.length >= 0 ? new Map()',
      },
    ],
  },
  {
    name: 'a late removal takes newer associations with it',
    edits: [
      {
        file: 'lib/deliver/make-links-again.ts',
        find: 'for (const link of linksAgain) {',
        replace: 'for (const link of linksAgain.slice(linksAgain.length)) {',
      },
    ],
  },
  {
    name: 'a GDPR delete that newer writes overtook is superseded',
    edits: [
      {
        file: 'lib/deliver/pass-fence.ts',
        find: "(fence.get(ERASED) === own ? 'delivered' : {})",
        replace: "[...fence.values()].some((order) => order > own) ? 'superseded' : {}",
      },
    ],
  },
  {
    name: 'associations are forgotten when a message is handed on between the waves',
    edits: [
      {
        file: 'lib/deliver/delivery-state.ts',
        find: '...(followUp !== undefined && markOf(followUp)),',
        replace: '...(followUp !== undefined && { associations: [] }),',
      },
    ],
  },
  {
    name: 'associations are called made before they are answered',
    edits: [
      {
        file: 'lib/deliver/delivery-state.ts',
        find: 'else this.#beginFollowUp(pending, followUp);',
        replace: `else this.#settle(pending, { ...outcome, associations: (pending.write.associations ?? []).map(
          ({ to, toObjectType }) => ({ toObjectType, toObjectId: to.id, outcome: 'associated' })) }, body);`,
      },
    ],
  },
  {
    name: 'e-mails not normalised',
    edits: [
      {
        file: 'lib/operations/contact-write.ts',
        find: 'export const normaliseEmail = (email: string): string => email.trim().toLowerCase();',
        replace: 'export const normaliseEmail = (email: string): string => email;',
      },
    ],
  },
  {
    name: 'a refused merged entry is not taken apart',
    edits: [
      {
        file: 'lib/deliver/conclude-entry.ts',
        find: 'if (entry.writes.length > 1) {',
        replace: 'if (entry.writes.length > 1_000) {',
      },
    ],
  },
  {
    name: 'a secondary e-mail is not learned',
    edits: [
      {
        file: 'lib/deliver/follow-contact.ts',
        find: 'if (target !== home && home === address.name) return lead({ entry, ledger }, home, target, id, state, world);',
        replace: 'if (target !== home) return false;',
      },
    ],
  },
  {
    name: 'the fences of two names are not joined',
    edits: [
      {
        file: 'lib/deliver/lease-entries.ts',
        find: 'if (legacy === undefined) return found;',
        replace: 'return found;',
      },
    ],
  },
  {
    name: 'what was overwritten by another name is not restored',
    edits: [
      {
        file: 'lib/deliver/mend-astray.ts',
        find: 'const names = suspects(sentApart, ledger);',
        replace: 'const names: string[] = [];',
      },
    ],
  },
  {
    name: 'a value that a merge has left the newest is not given back',
    edits: [
      {
        file: 'lib/deliver/mend-astray.ts',
        find: 'const own = changes.flatMap((pending) => overtakenByOther(pending, ledger));',
        replace: 'const own: readonly OwnValue[] = [];',
      },
    ],
  },
  {
    name: 'an association that went astray is not set right',
    edits: [
      {
        file: 'lib/deliver/mend-links.ts',
        find: 'return mend === undefined ? [] : [{ link, mend }];',
        replace: 'return [];',
      },
    ],
  },
  {
    name: 'a change of e-mail that was overtaken moves its contact',
    edits: [
      {
        file: 'lib/deliver/prune-entry.ts',
        find: '...withoutStaleHome(leased, send), entry: send',
        replace: '...leased, entry: send',
      },
    ],
  },
  {
    name: 'a merged id is given up',
    edits: [
      {
        file: 'lib/deliver/conclude-entry.ts',
        find: 'if (hasMoved && (await followMoved(leased, id, finding.contact, state, world))) return;',
        replace: 'if (hasMoved) return void settleRejected(leased.entry, notFound(id), state);',
      },
    ],
  },
  {
    name: 'two names of one contact in one call',
    edits: [
      {
        file: 'lib/deliver/plan-calls.ts',
        find: 'const contact = contactOf(write, known);',
        replace: 'const contact = write.write.id ?? contactOf(write, known);',
      },
    ],
  },
  {
    name: 'the result of a secondary e-mail is taken for that of the primary one',
    edits: [
      {
        file: 'lib/hubspot/reconcile-batch.ts',
        find: 'if (found.size < inputs.length) distrustEmails(inputs, found, sure);',
        replace: 'if (found.size < 0) distrustEmails(inputs, found, sure);',
      },
    ],
  },
  {
    name: 'newest first',
    edits: [
      {
        file: 'lib/deliver/pending-write.ts',
        find: 'return first < second ? -1 : first > second ? 1 : 0;',
        replace: 'return first < second ? 1 : first > second ? -1 : 0;',
      },
    ],
  },
];

/** Throws for a name that is none. */
export function findMutation(name: string): Mutation {
  const mutation = MUTATIONS.find((each) => each.name === name);
  if (mutation === undefined)
    throw new Error(`there is no mutation "${name}": ${MUTATIONS.map((each) => each.name).join(', ')}`);
  return mutation;
}
