import { createCallStatistics, type Fate, type LoggedCall, type Statistics } from './call-statistics.ts';
import type { Contact } from './contact.ts';
import { type Change, type ContactStore, createContactStore } from './contact-store.ts';
import { type FaultPlan, planFault } from './fault-plan.ts';
import { createFaults, parseFaults, type SetFault } from './faults.ts';
import { matchRoute, type Route } from './match-route.ts';
import { createRateLimits } from './rate-limits.ts';
import { type ReadRequest, readRequest, refuseScope, refuseStranger } from './read-request.ts';
import { changeSettings, defaultSettings, type Settings } from './settings.ts';
import type { Violation } from './violation.ts';
import { failure, type Reply, type WireAnswer, type WireRequest } from './wire.ts';
import { type Answerable, writeAnswer } from './write-answer.ts';

/** What the core needs from outside: time, chance, and where changes go. */
export interface CoreOptions {
  /** Milliseconds of the epoch. */
  readonly now: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly settings?: Partial<Settings>;
  /** Changes of an earlier life, applied before the first call. */
  readonly restored?: Iterable<Change>;
  /** Told of the changes of each call before the call is answered. */
  readonly onCommit?: (changes: readonly Change[]) => void;
}

/** What the transport has to do with a request; `run` is called once, at `commitAfterMs`. */
export interface Reception {
  /** Answer it, close its connection at once, or leave it without an answer. */
  readonly client: 'answer' | 'close' | 'silence';
  /** Milliseconds from arrival to taking effect. */
  readonly commitAfterMs: number;
  /** Milliseconds from arrival to the answer, never less than `commitAfterMs`. */
  readonly answerAfterMs: number;
  /** Does the work and gives the answer; the answer of a closed or silent request goes nowhere. */
  readonly run: () => WireAnswer;
}

/** Parts that a reset can be limited to. */
export const resettable = ['contacts', 'statistics', 'faults', 'settings', 'limits'] as const;
export type Resettable = (typeof resettable)[number];

/** A HubSpot portal without a network: every rule and all state. */
export interface HubSpotCore {
  /** Answers a request by the rules alone: no fault strikes, nothing is delayed. */
  readonly handle: (request: WireRequest) => WireAnswer;
  /** What a person does in HubSpot's own pages: by the same rules, and outside of what is counted and limited. */
  readonly asPerson: (request: WireRequest) => WireAnswer;
  /** Takes a request in, counts it, and says what a transport has to do with it, faults included. */
  readonly receive: (request: WireRequest) => Reception;
  readonly settings: () => Settings;
  /** Throws, with every fault of theirs named, when changes are unusable; then nothing is changed. */
  readonly changeSettings: (changes: unknown) => Settings;
  /** Adds faults; throws, with what is wrong named, when they are unusable. */
  readonly addFaults: (faults: unknown) => readonly SetFault[];
  readonly faults: () => readonly SetFault[];
  readonly clearFaults: () => void;
  readonly statistics: () => Statistics;
  readonly log: (after?: number) => readonly LoggedCall[];
  readonly contact: (id: string) => Contact | undefined;
  /** Contacts after an id in order of their ids, archived ones included. */
  readonly contacts: (limit: number, after?: string) => readonly Contact[];
  /** Where a merged-away id leads; other ids lead to themselves. */
  readonly resolveId: (id: string) => string;
  readonly size: () => number;
  /** Starts over: in everything, or in the named parts. */
  readonly reset: (parts?: readonly Resettable[]) => void;
}

/** A request on its way through the core. */
interface Arrival {
  readonly request: WireRequest;
  readonly at: number;
  readonly url: URL;
  readonly route: Route | undefined;
  readonly read: ReadRequest | undefined;
  /** The answer that was decided at the door. */
  readonly refused: Reply | undefined;
  readonly isKnown: boolean;
}

/** Builds a portal. */
export function createHubSpotCore(options: CoreOptions): HubSpotCore {
  const initial = changeSettings(defaultSettings, options.settings ?? {});
  let settings = initial;
  let latest = 0;
  let quietUntil = 0;
  const now = () => {
    latest = Math.max(latest, options.now());
    return latest;
  };
  const { random } = options;
  const store: ContactStore = createContactStore(() => settings.historySize);
  for (const change of options.restored ?? []) store.apply(change);
  const limits = createRateLimits();
  const faults = createFaults();
  const statistics = createCallStatistics(now());

  const commit = (changes: readonly Change[]) => {
    options.onCommit?.(changes);
    for (const change of changes) store.apply(change);
  };

  const arrive = (given: WireRequest): Arrival => {
    // What is written of an answer to HEAD is the transport's affair.
    const request = given.method === 'HEAD' ? { ...given, method: 'GET' } : given;
    const at = now();
    const url = new URL(request.path, 'http://hubspot.invalid');
    const route = matchRoute(request.method, url.pathname);
    const budget = route?.budget ?? 'calls';
    statistics.arrived(at, budget);
    if (at < quietUntil) statistics.violate('before-retry-after');
    const stranger = refuseStranger(request, settings);
    if (stranger) statistics.violate('unauthorized');
    const limited = stranger ? undefined : limits.admit(at, budget, settings);
    if (limited) statistics.violate('over-limit');
    return {
      request,
      at,
      url,
      route,
      read: route && readRequest(request, route, settings),
      refused: stranger ?? limited,
      isKnown: !stranger,
    };
  };

  const perform = (arrival: Arrival): Reply => {
    const { route, read, url } = arrival;
    if (!route || !read) {
      statistics.violate('unknown-route');
      return failure(404, { message: 'resource not found' });
    }
    if (read.kind === 'refused') {
      statistics.violate(read.violation);
      return read.reply;
    }
    return (
      refuseScope(route, settings) ??
      route.perform({
        store,
        settings,
        version: route.version,
        pathname: url.pathname,
        target: route.target,
        path: route.path,
        query: url.searchParams,
        body: read.body,
        now: now(),
        random,
        commit,
        violate: (violation: Violation) => statistics.violate(violation),
      })
    );
  };

  const finish = (arrival: Arrival, reply: Answerable, fate: Fate): WireAnswer => {
    const { at, route, read, isKnown, refused } = arrival;
    const budget = route?.budget ?? 'calls';
    if (isKnown && !refused && reply.status >= 400 && !settings.failedCallsCount) limits.forgive(at, budget);
    const rateHeaders = isKnown ? limits.headers(now(), budget, settings) : {};
    const answer = writeAnswer(reply, rateHeaders, now(), random);
    const retryAfter = Number(answer.headers['retry-after'] ?? 0);
    if (fate === 'answered' && retryAfter > 0) quietUntil = Math.max(quietUntil, now() + retryAfter * 1_000);
    const name = route?.name ?? `${arrival.request.method} (unknown)`;
    const records = read?.kind === 'read' ? read.records : 0;
    statistics.finished({ at, route: name, records, status: answer.status, fate }, settings.logSize);
    return answer;
  };

  const runUnderFault = (arrival: Arrival, plan: FaultPlan): WireAnswer => {
    const own = plan.commits ? perform(arrival) : undefined;
    const fate = ({ answer: 'answered', close: 'lost', silence: 'hung' } as const)[plan.client];
    return finish(arrival, plan.instead ?? own ?? failure(500, { message: 'no answer' }), fate);
  };

  const receive = (request: WireRequest): Reception => {
    const arrival = arrive(request);
    const struck = arrival.refused ? undefined : faults.strike(request, random);
    if (!struck) {
      return {
        client: 'answer',
        commitAfterMs: 0,
        answerAfterMs: settings.latencyMs,
        run: () => finish(arrival, arrival.refused ?? perform(arrival), 'answered'),
      };
    }
    const plan = planFault(struck, arrival.route, settings);
    return {
      client: plan.client,
      commitAfterMs: plan.commitAfterMs,
      answerAfterMs: plan.answerAfterMs + settings.latencyMs,
      run: () => runUnderFault(arrival, plan),
    };
  };

  const resets: Readonly<Record<Resettable, () => void>> = {
    contacts: () => commit([{ kind: 'emptied' }]),
    statistics: () => statistics.clear(now()),
    faults: () => faults.clear(),
    settings: () => {
      settings = initial;
    },
    limits: () => {
      limits.clear();
      quietUntil = 0;
    },
  };

  return {
    handle: (request) => {
      const arrival = arrive(request);
      return finish(arrival, arrival.refused ?? perform(arrival), 'answered');
    },
    asPerson: (request) => {
      const url = new URL(request.path, 'http://hubspot.invalid');
      const route = matchRoute(request.method, url.pathname);
      const read = route && readRequest(request, route, settings);
      const arrival = { request, at: now(), url, route, read, refused: undefined, isKnown: true };
      return writeAnswer(perform(arrival), {}, now(), random);
    },
    receive,
    settings: () => settings,
    changeSettings: (changes) => {
      settings = changeSettings(settings, changes);
      return settings;
    },
    addFaults: (given) => {
      faults.add(parseFaults(given));
      return faults.list();
    },
    faults: faults.list,
    clearFaults: faults.clear,
    statistics: statistics.read,
    log: (after = 0) => statistics.log(after),
    contact: store.get,
    contacts: (limit, after = '0') => firstOf(store.after(after), limit),
    resolveId: store.resolve,
    size: store.size,
    reset: (parts = resettable) => {
      for (const part of parts) resets[part]();
    },
  };
}

function firstOf<T>(items: Iterable<T>, limit: number): T[] {
  const first: T[] = [];
  for (const item of items) {
    if (first.length >= limit) break;
    first.push(item);
  }
  return first;
}
