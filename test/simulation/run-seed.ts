import { createHubSpotCore } from '../../infra/local/hubspot/core/core.ts';
import { createMint } from '../../lib/accept/mint-sequences.ts';
import { deliverMessages } from '../../lib/deliver/deliver-messages.ts';
import { type ContactLedger, nameOfId, nameOfKey } from '../../lib/directory/contact-ledger.ts';
import type { ContactId } from '../../lib/operations/contact-write.ts';
import type { OperationStore } from '../../lib/operations/operation-store.ts';
import { noDefinitions } from '../../lib/portal/known-definitions.ts';
import type { Log } from '../../lib/runtime/logger.ts';
import { type EpochMs, epochMs, minutes, toIso } from '../../lib/runtime/units.ts';
import { createInMemoryContactLedger } from '../support/in-memory-contact-ledger.ts';
import { createInMemoryIdempotencyStore } from '../support/in-memory-idempotency-store.ts';
import { createInMemoryOperationStore } from '../support/in-memory-operation-store.ts';
import { createInMemoryPaceStore } from '../support/in-memory-pace-store.ts';
import type { ConsumerPorts } from './build-delivery.ts';
import { type DoorPorts, startCallers } from './callers.ts';
import { drawAssociationSettings, drawAssociations } from './draw-associations.ts';
import { startEventSource } from './event-source.ts';
import { CALM, drawFaultProfile, type FaultProfile } from './fault-profile.ts';
import { FUNCTION_TIMEOUT } from './function-timeout.ts';
import { createHubSpotWire } from './hubspot-wire.ts';
import { drawIdentities, startPerson } from './identities.ts';
import { checkAtRest, checkRedriven } from './invariants/at-rest.ts';
import { createWireTap, noteGdprDelete } from './invariants/at-the-wire.ts';
import { createAcceptanceCheck } from './invariants/of-acceptance.ts';
import { noteLinkCall } from './invariants/of-associations.ts';
import { checkWrittenTo } from './invariants/of-renames.ts';
import { noteStages } from './invariants/of-stages.ts';
import { createLedgerTap } from './ledger-tap.ts';
import { drawLifecycle, type LifecycleScenario, NO_SCENARIO } from './lifecycle.ts';
import { tapOperations } from './operations-tap.ts';
import { NO_PORT_MUTATION, type PortMutation } from './port-mutation.ts';
import {
  drawDeletionSettings,
  drawKeylessCreates,
  drawPortalSettings,
  drawRecordsShare,
  writeIdDefinition,
} from './portal-settings.ts';
import { createProcessQueue } from './process-queue.ts';
import { drawRenames, startRenaming } from './renames.ts';
import { createScheduler, type RunEnd } from './scheduler.ts';
import { createSeededRandom, drawOne, drawWhole, forkRandom, happens } from './seeded-random.ts';
import { type SimulatedProcess, throughProcess, type World } from './simulated-process.ts';
import { createSimulatedQueue } from './simulated-queue.ts';
import { isPoison, type Violation, Witness } from './witness.ts';
import { drawArchives, drawDeletions, drawWorkload, type PlannedRequest, STAGES } from './workload.ts';

/** `calm`: no fault, one consumer, messages in order. `single`: all faults, one consumer. `full`: all. */
export type Mode = 'calm' | 'single' | 'full';

export interface RunOptions {
  readonly mode?: Mode;
  /** False: no contact is archived, as in the runs of which seeds were kept before there were archives. */
  readonly archives?: boolean;
  /** False: no run has a lifecycle scenario, as before there were any. */
  readonly lifecycle?: boolean;
  /** False: nobody is deleted for good, likewise. */
  readonly deletions?: boolean;
  /** False: no contact is associated, as in the runs of which seeds were kept before there were associations. */
  readonly associations?: boolean;
  /** False: each contact has one e-mail and one id, as in the runs of which seeds were kept before there were others. */
  readonly identities?: boolean;
  /** True: contacts change their e-mails, in runs where they have no other names and none is archived or deleted. */
  readonly renames?: boolean;
  /** True: contacts have several names in runs with archives, too. */
  readonly archivedNames?: boolean;
  /** Deliberate bugs in the ports; those in the source are applied where the code is loaded. */
  readonly mutation?: Partial<PortMutation>;
  /** Keeps every event as a line. */
  readonly trace?: boolean;
}

export interface RunStatistics {
  readonly writes: number;
  readonly calls: number;
  readonly invocations: number;
  readonly deadLetters: number;
  readonly events: number;
  readonly virtualSeconds: number;
}

export interface RunResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly trace: readonly string[];
  readonly statistics: RunStatistics;
}

const START = epochMs(Date.UTC(2026, 10, 23, 12));
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Faults last as long as the callers work and a while longer; then everything has to come to rest. */
const FAULTS_LAST = 15 * MINUTE;
/** A deferred write comes again within 900 s, a `Retry-After` of the simulation ends within an hour of the last fault. */
const TIME_TO_DRAIN = 8 * HOUR;
/**
 * What goes on for more is taken for endless; whether it rests in time, `TIME_TO_DRAIN` tells. Four days of outage are 376 rounds of each
 * message (DESIGN.md), some 20 events each: 30 messages are over 200,000. Consumers that keep one record of each batch pass 300 messages on
 * 300 times, ten to a request: 150,000 and more.
 */
const MOST_EVENTS = 500_000;
const MOST_MULTIPLICATIONS = 50;
/** An outage of days takes hundreds of rounds: few messages tell as much. */
const LONG_OUTAGE = 3 * HOUR;
const FEW = 5;
const VISIBILITY_TIMEOUT = 361_000;
const HUBSPOT_TIMEOUT = 30_000;

type Fork = ReturnType<typeof forkRandom>;

/** Runs one seed to its rest: the same seed gives the same run, event by event. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunResult> {
  const { mode = 'full', trace: isTraced = false } = options;
  const mutation = { ...NO_PORT_MUTATION, ...options.mutation };
  const random = createSeededRandom(seed);
  // Each of a run's parts has randomness of its own, the newest last: what one draws changes nothing for the others.
  const [shape, portal, work, chance, archiving, staging, deleting, naming, linking, merging, renaming] = Array.from(
    { length: 11 },
    () => forkRandom(random),
  ) as [Fork, Fork, Fork, Fork, Fork, Fork, Fork, Fork, Fork, Fork, Fork];
  const faults: FaultProfile = mode === 'calm' ? CALM : drawFaultProfile(shape, START);
  const faultsEnd = Math.max(START + FAULTS_LAST, ...faults.outages.map(({ to }) => to));
  const scheduler = createScheduler(START);
  const trace: string[] = [];
  const isLong = faultsEnd - START > LONG_OUTAGE;
  let multiplications = isLong ? FEW : MOST_MULTIPLICATIONS;
  let isCauseGone = false;
  const world: World = {
    scheduler,
    random: chance,
    faults: () => (scheduler.now() < faultsEnd && !isCauseGone ? faults : CALM),
    multiplies: (probability) => {
      if (multiplications === 0 || !happens(chance, probability)) return false;
      multiplications -= 1;
      return true;
    },
    trace: (line) => {
      if (isTraced) trace.push(`${stamp(scheduler.now())} ${line()}`);
    },
  };
  const witness = new Witness(scheduler.now);
  const settings = {
    ...drawPortalSettings(portal),
    ...(options.deletions !== false && drawDeletionSettings(deleting)),
  };
  const associationSettings = drawAssociationSettings(linking, merging);
  const keylessCreates = drawKeylessCreates(portal);
  const recordsShare = drawRecordsShare(portal);
  const mostRequests = isLong ? FEW : Number.POSITIVE_INFINITY;
  const workload = drawWorkload(work, {
    poison: faults.poison,
    nobody: keylessCreates === 'write-id' ? 0.5 : 0.1,
    isOrdered: mode === 'calm',
    mostRequests,
  });
  const fewOf = (requests: readonly PlannedRequest[]) => requests.slice(0, mostRequests);
  const archives = options.archives === false ? [] : fewOf(drawArchives(archiving, workload));
  const scenario = options.lifecycle === false ? NO_SCENARIO : drawLifecycle(staging, workload, mode === 'calm');
  witness.lifecyclePolicy = scenario.policy;
  const deletions = options.deletions === false ? [] : fewOf(drawDeletions(deleting, workload));
  const mayHaveIdentities =
    options.identities !== false && deletions.length === 0 && (archives.length === 0 || options.archivedNames === true);
  const identities = mayHaveIdentities ? drawIdentities(naming, workload, { start: START, mostRequests }) : undefined;
  const mayHaveRenames =
    options.renames === true && deletions.length === 0 && archives.length === 0 && identities === undefined;
  const renames = mayHaveRenames ? drawRenames(renaming, workload, mostRequests) : undefined;
  const core = createHubSpotCore({
    now: scheduler.now,
    random: chance,
    settings: {
      ...settings,
      ...scenario.portal,
      ...identities?.settings,
      ...renames?.settings,
      ...associationSettings,
    },
    restored: [
      ...(keylessCreates === 'write-id' ? [{ kind: 'property-defined', definition: writeIdDefinition } as const] : []),
      ...(identities?.restored ?? []),
    ],
    onCommit: (changes) => {
      world.trace(() => `HubSpot commits ${JSON.stringify(changes)}`);
      witness.committed(changes);
      if (renames !== undefined) checkWrittenTo(witness, changes);
    },
  });
  witness.committed(identities?.restored ?? []);
  const clock = { now: scheduler.now, sleep: async () => {} };
  const operations = createInMemoryOperationStore(clock);
  const idempotency = createInMemoryIdempotencyStore();
  const ledger = createInMemoryContactLedger();
  const paceStore = createInMemoryPaceStore();
  const leases = createLedgerTap(mutation.ledgerItself(ledger), scheduler.now, witness);

  const told = {
    onStored: (body: string) => witness.stored(body),
    onGone: (body: string, why: string) => witness.gone(body, why),
  };
  const deadLetters = createSimulatedQueue(world, {
    name: 'dead-letters',
    visibilityTimeout: VISIBILITY_TIMEOUT,
    ...told,
    onStored: (body) => {
      witness.stored(body);
      witness.storedDeadLetter(body);
    },
  });
  const isolation = createSimulatedQueue(world, {
    name: 'isolation',
    visibilityTimeout: VISIBILITY_TIMEOUT,
    redrive: { after: 5, to: deadLetters },
    ...told,
  });
  const writes = createSimulatedQueue(world, {
    name: 'writes',
    visibilityTimeout: VISIBILITY_TIMEOUT,
    redrive: { after: 2, to: isolation },
    ...told,
  });
  const store = (process: SimulatedProcess): OperationStore =>
    mutation.operations(tapOperations(operations, process, scheduler.now, witness));
  const queueOf = (process: SimulatedProcess) =>
    createProcessQueue({
      world,
      process,
      writes,
      deadLetters,
      onLetter: (reason) => witness.letter(reason),
    });
  const log = logTo(world);
  const consumers = mode === 'full' ? drawWhole(shape, 2, 4) : 1;
  const isolated = mode === 'full' ? 2 : 1;
  /** Of one who was deleted for good HubSpot knows it no more, and the relay may not have heard of that yet. */
  const emailOf = (id: string) => core.contact(id)?.properties['email'] ?? witness.formerEmailOf(id);
  const tap = createWireTap({
    witness,
    now: scheduler.now,
    resolveId: core.resolveId,
    carriedOut: (call, given, lapse) => {
      noteStages(witness, core, call, given, lapse);
      noteLinkCall(witness, core, call, lapse);
      noteGdprDelete(witness, call, given);
    },
    // A contact is leased under its e-mail as long as it has one, also for writes by id.
    holdsLease: (process, { id, email }) => {
      const survivor = id === undefined ? undefined : core.resolveId(id);
      const known = survivor === undefined ? undefined : emailOf(survivor);
      const others = identities && survivor ? core.contact(survivor)?.properties['hs_additional_emails'] : undefined;
      const ever = renames && survivor ? [...witness.namesOf({ kind: 'id', id: survivor })] : [];
      return leases.holdsLease(process, {
        ...(id !== undefined && { id }),
        emails: [email ?? known ?? '', ...(others?.split(';') ?? []), ...ever].filter((each) => each !== ''),
      });
    },
    ...((identities !== undefined || renames !== undefined) && {
      isKnownAsOne: ({ process, deadline }, a, b) => {
        const homes = ({ id = '', email }: { id?: string; email?: string }) => {
          const names =
            email === undefined ? [nameOfId(id as ContactId), ...leases.namesWithId(id)] : [nameOfKey('email', email)];
          return names.map((name) => leases.homeOf(name, process.name, deadline - FUNCTION_TIMEOUT));
        };
        return new Set([...homes(a), ...homes(b)]).size === 1;
      },
      knowsHome: ({ process, deadline }, { id = '', email }) => {
        const name = email === undefined ? nameOfId(id as ContactId) : nameOfKey('email', email);
        const now = Number.POSITIVE_INFINITY;
        return (
          leases.homeOf(name, process.name, deadline - FUNCTION_TIMEOUT) === leases.homeOf(name, process.name, now)
        );
      },
    }),
  });
  /** Where nobody is deleted nothing is asked of that, so that runs without deletions stay the same. */
  const ledgerOf = (process: SimulatedProcess): ContactLedger => {
    const own = throughProcess(process, 'ledger', leases.of(process.name));
    return deletions.length > 0 ? own : { ...own, recallErasures: async () => new Map() };
  };
  const consumerPorts = (process: SimulatedProcess, deadline: () => number): ConsumerPorts => {
    let traces = 0;
    let owners = 0;
    return {
      operations: store(process),
      ledger: mutation.ledger(ledgerOf(process)),
      queue: mutation.queue(queueOf(process)),
      hubspot: mutation.hubspot(createHubSpotWire({ world, core, process, deadline, tap })),
      random: forkRandom(chance),
      newTraceId: mutation.traceId(() => {
        traces += 1;
        return `${process.name}-${traces}`;
      }),
      newOwner: () => {
        owners += 1;
        return `${process.name}/${owners}`;
      },
      paceStore: throughProcess(process, 'pace', paceStore),
      linkPaceStore: throughProcess(process, 'link-pace', paceStore.ofLane('associations')),
      linkLimit: associationSettings.associationLimit ?? 100,
      limit: settings.limit ?? 190,
      callsShare: Math.max(1, Math.floor((settings.limit ?? 190) / (consumers + isolated))),
      recordsShare,
      hubspotTimeout: HUBSPOT_TIMEOUT,
      keylessCreates,
      lifecycle: lifecycleOf(scenario),
      log: log(process.name),
    };
  };
  const mapping = {
    world,
    timeout: FUNCTION_TIMEOUT,
    isPoison: (body: string) => !isCauseGone && isPoison(body),
    portsFor: consumerPorts,
    deliver: mutation.deliver(deliverMessages),
    change: mutation.delivery,
  };
  const sources = [
    startEventSource({
      ...mapping,
      queue: writes,
      batchSize: drawOne(shape, [1, 5, 20, 1_000]),
      concurrency: consumers,
      window: drawOne(shape, [0, 1_000, 5_000]),
    }),
    startEventSource({ ...mapping, queue: isolation, batchSize: 1, concurrency: isolated, window: 0 }),
  ];
  const doorPorts = (process: SimulatedProcess): DoorPorts => {
    const counts = { operationsPut: 0, messagesSent: 0 };
    const queue = mutation.doorQueue(queueOf(process));
    const ports = store(process);
    return {
      counts,
      operations: {
        ...ports,
        put: (operation) => {
          counts.operationsPut += 1;
          return ports.put(operation);
        },
      },
      idempotency: mutation.idempotency(throughProcess(process, 'idempotency', idempotency)),
      queue: {
        ...queue,
        send: (messages) => {
          counts.messagesSent += messages.length;
          return queue.send(messages);
        },
      },
      clock: process.clock,
      mint: createMint(forkRandom(chance)),
      log: log(process.name),
      uniqueProperties: [],
      definitions: noDefinitions,
      propertyChecks: 'refuse',
      definitionsFreshFor: minutes(5),
      findHints: async () => [],
      lifecyclePolicy: scenario.policy,
    };
  };
  const isLinking = options.associations !== false;
  const associations = isLinking ? drawAssociations(linking, workload, isLong ? 1 : Number.POSITIVE_INFINITY) : [];
  const callers = startCallers({
    world,
    workload: {
      ...workload,
      requests: [
        ...(identities?.requests ?? workload.requests),
        ...archives,
        ...fewOf(scenario.requests),
        ...deletions,
        ...associations,
        ...(renames?.requests ?? []),
      ],
    },
    random: work,
    portsFor: doorPorts,
    knownId: (email) =>
      (identities !== undefined && happens(naming, 0.6)) || (renames !== undefined && happens(renaming, 0.6))
        ? witness.firstIdOf(email)
        : witness.idOf(email),
    onAnswer: createAcceptanceCheck(witness, operations),
  });

  if (identities !== undefined) startPerson(identities, core, scheduler, (email) => witness.idOf(email));

  if (renames !== undefined) startRenaming(renames, core, scheduler, witness);

  const isAtRest = () =>
    callers.open === 0 && writes.size === 0 && isolation.size === 0 && sources.every(({ busy }) => busy === 0);
  const end = await scheduler.run(isAtRest, {
    until: faultsEnd + TIME_TO_DRAIN,
    events: MOST_EVENTS,
  });
  const rest = {
    witness,
    core,
    faults,
    keylessCreates,
    ledger,
    hasIdentities: identities !== undefined || renames !== undefined,
    hasRenames: renames !== undefined,
  };
  const deadLetterCount = witness.deadLetters.length;
  if (end === 'done') {
    checkAtRest(rest);
    if (deadLetters.size > 0) await redrive();
  } else witness.report('F5', undrained(end, writes.size, isolation.size));

  /** O1: with the cause gone, a redrive delivers what was dead-lettered. */
  async function redrive(): Promise<void> {
    isCauseGone = true;
    witness.redriven();
    deadLetters.moveAll(writes);
    const until = scheduler.now() + TIME_TO_DRAIN;
    const second = await scheduler.run(isAtRest, { until, events: scheduler.count + MOST_EVENTS });
    if (second !== 'done') witness.report('O1', undrained(second, writes.size, isolation.size));
    else checkAtRest(rest);
    checkRedriven(rest);
  }
  return {
    seed,
    violations: witness.violations,
    trace,
    statistics: {
      writes: witness.writes.size,
      calls: core.statistics().calls,
      invocations: sources.reduce((sum, { invocations }) => sum + invocations, 0),
      deadLetters: deadLetterCount,
      events: scheduler.count,
      virtualSeconds: Math.round((scheduler.now() - START) / 1_000),
    },
  };
}

/** What of it the consumers know. */
const lifecycleOf = ({ policy, knowsOrder }: LifecycleScenario): ConsumerPorts['lifecycle'] => ({
  lifecyclePolicy: policy === 'allow-backward' ? policy : 'forward',
  stagesInOrder: async () => (knowsOrder ? STAGES : []),
});

const undrained = (end: RunEnd, writes: number, isolation: number): string =>
  `${end}: ${writes} messages wait in the writes queue, ${isolation} in isolation`;

const stamp = (now: EpochMs): string => toIso(epochMs(Math.floor(now))).slice(5);

const logTo =
  (world: World) =>
  (process: string): Log => {
    const write = (level: string) => (event: string, fields?: object) =>
      world.trace(() => `${process} logs ${level} ${event} ${JSON.stringify(fields ?? {})}`);
    return { info: write('info'), warn: write('warn'), error: write('error') };
  };
