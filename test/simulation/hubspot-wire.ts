import type { HubSpotCore } from '../../infra/local/hubspot/core/core.ts';
import type { WireAnswer } from '../../infra/local/hubspot/core/wire.ts';
import type { HubSpotAnswer, HubSpotClient, HubSpotRequest } from '../../lib/hubspot/hubspot-answer.ts';
import { parseRetryAfter, readRateHeaders } from '../../lib/hubspot/rate-headers.ts';
import { assertNever } from '../../lib/runtime/assert-never.ts';
import { type DurationMs, seconds } from '../../lib/runtime/units.ts';
import { type CallFate, drawCallFate } from './call-fate.ts';
import { drawBetween } from './seeded-random.ts';
import type { SimulatedProcess, World } from './simulated-process.ts';

/** One call as it is seen at the wire. */
export interface WireCall {
  readonly process: SimulatedProcess;
  readonly request: HubSpotRequest;
  readonly inputs: readonly WireInput[];
  readonly startedAt: number;
  readonly timeout: number;
  /** When the caller's invocation is killed. */
  readonly deadline: number;
  readonly fate: CallFate['kind'];
}

/** An input of a batch call as it was sent. */
export interface WireInput {
  readonly id?: string;
  readonly idProperty?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly objectWriteTraceId?: string;
}

/** The place of an input that HubSpot overlooked, or of a result that it left out of its answer. */
export interface Lapse {
  readonly ignoredInput?: number;
  readonly omittedResult?: number;
}

/** Sees every call when it is sent, and its answer when the process gets it. */
export interface WireTap {
  started(call: WireCall): void;
  answered(call: WireCall, answer: HubSpotAnswer): void;
  /** HubSpot worked on the call and would answer so, whatever becomes of that. */
  carriedOut(call: WireCall, given: WireAnswer, lapse: Lapse): void;
}

export interface HubSpotWireOptions {
  readonly world: World;
  readonly core: HubSpotCore;
  readonly process: SimulatedProcess;
  readonly deadline: () => number;
  readonly tap: WireTap;
}

/** What the pace reckons with: 300 ms less lateness and clocks (lib/pace/grant-slots.ts). */
const NETWORK_SPREAD = 230;
/** HubSpot takes this long for its work. */
const WORK = { least: 20, most: 400 };
/** HubSpot gives up at 100 s (error guide, 524); measured from the sending, with what the network takes. */
const LATEST_COMMIT = 110_000;

/** HubSpot over a network that may do anything: the simulator's core, with faults before, in and after it. */
export function createHubSpotWire(options: HubSpotWireOptions): HubSpotClient {
  return { call: (request, timeout) => makeCall(options, request, timeout) };
}

function makeCall(options: HubSpotWireOptions, request: HubSpotRequest, timeout: DurationMs): Promise<HubSpotAnswer> {
  const { world, process, tap } = options;
  const { scheduler, random } = world;
  if (!process.isAlive) return new Promise(() => {});
  const inputs = inputsOf(request);
  const fate = drawCallFate(world, inputs.length);
  const startedAt = scheduler.now();
  const call: WireCall = {
    process,
    request,
    inputs,
    startedAt,
    timeout,
    deadline: options.deadline(),
    fate: fate.kind,
  };
  const arrival = startedAt + drawBetween(random, 5, 30);
  const work = drawBetween(random, WORK.least, WORK.most);
  return new Promise((resolve) => {
    let isOpen = true;
    const answer = (time: number, given: () => HubSpotAnswer) =>
      scheduler.at(Math.min(time, startedAt + timeout), () => {
        if (!isOpen || !process.isAlive) return;
        isOpen = false;
        const shown: HubSpotAnswer =
          time > startedAt + timeout ? { kind: 'unanswered', cause: 'TimeoutError' } : given();
        world.trace(() => `${process.name} is answered ${describe(shown)} (${fate.kind})`);
        tap.answered(call, shown);
        resolve(shown);
      });
    void process.effect(
      `hubspot ${request.method} ${request.path} ${JSON.stringify(request.body ?? '')}`,
      'done',
      () => {
        tap.started(call);
        play(options, call, fate, { arrival: Math.max(arrival, scheduler.now()), work, answer });
      },
      NETWORK_SPREAD,
    );
  });
}

interface Stage {
  readonly arrival: number;
  readonly work: number;
  /** Answers at a time, or with a timeout if that comes first. */
  readonly answer: (time: number, given: () => HubSpotAnswer) => void;
}

/** Lets a call meet its fate. */
function play(
  { world, core, tap }: HubSpotWireOptions,
  call: WireCall,
  fate: CallFate,
  { arrival, work, answer }: Stage,
): void {
  const { scheduler, random } = world;
  const done = arrival + work;
  const home = done + drawBetween(random, 5, 30);
  const never = call.startedAt + call.timeout + 1;
  const lose = (): void => answer(random() < 0.5 ? home : never, () => ({ kind: 'unanswered', cause: 'ECONNRESET' }));
  const commit = (time: number, keep: (given: WireAnswer) => void): void =>
    scheduler.at(arrival, () => {
      const reception = core.receive(toWire(core, call.request, fate));
      scheduler.at(time, () => {
        const given = reception.run();
        if (given.status < 300) tap.carriedOut(call, given, fate.kind === 'carried-out' ? fate : {});
        keep(given);
      });
    });
  switch (fate.kind) {
    case 'carried-out':
      commit(done, (given) => answer(home, () => toAnswer(given, fate)));
      break;
    case 'unsent':
      answer(arrival, () => ({ kind: 'unsent', cause: 'ECONNREFUSED' }));
      break;
    case 'request-lost':
      lose();
      break;
    case 'answer-lost':
      commit(done, () => {});
      lose();
      break;
    case 'commit-late':
      commit(call.startedAt + drawBetween(random, 1_000, LATEST_COMMIT), () => {});
      if (random() < 0.5) lose();
      else answer(home, () => status(random() < 0.5 ? 504 : 524));
      break;
    case 'fails-after-commit':
      commit(done, () => {});
      answer(home, () => status(fate.status));
      break;
    case 'says':
      answer(home, () => status(fate.status, fate.body, fate.retryAfter));
      break;
    default:
      assertNever(fate);
  }
}

const status = (code: number, body?: unknown, retryAfter?: number): HubSpotAnswer => ({
  kind: 'answered',
  status: code,
  body,
  ...(retryAfter !== undefined && { retryAfter: seconds(retryAfter) }),
});

function inputsOf({ body }: HubSpotRequest): readonly WireInput[] {
  if (typeof body !== 'object' || body === null || !('inputs' in body) || !Array.isArray(body.inputs)) return [];
  return body.inputs;
}

/** The request as it arrives; HubSpot may overlook one of its inputs. */
function toWire(core: HubSpotCore, { method, path, body }: HubSpotRequest, fate: CallFate) {
  const headers = { authorization: `Bearer ${core.settings().token}`, 'content-type': 'application/json' };
  // An archive is answered without a word: whether it was overlooked could only be read afterwards (DESIGN.md says so).
  const mayIgnore = fate.kind === 'carried-out' && !path.endsWith('/archive');
  const ignored = mayIgnore ? fate.ignoredInput : undefined;
  const inputs = inputsOf({ method, path, body }).filter((_, position) => position !== ignored);
  const seen = ignored === undefined || typeof body !== 'object' ? body : { ...body, inputs };
  return { method, path, headers, body: seen === undefined ? '' : JSON.stringify(seen) };
}

/** The answer as it comes back; HubSpot may leave out one of its results. */
function toAnswer(given: WireAnswer, fate: CallFate): HubSpotAnswer {
  const body: unknown = given.body === '' ? undefined : JSON.parse(given.body);
  const omitted = fate.kind === 'carried-out' ? fate.omittedResult : undefined;
  if (omitted !== undefined && typeof body === 'object' && body !== null && 'results' in body) {
    if (Array.isArray(body.results)) body.results.splice(omitted, 1);
  }
  const retryAfter = parseRetryAfter(given.headers['retry-after']);
  return {
    kind: 'answered',
    status: given.status,
    body,
    rate: readRateHeaders((name) => given.headers[name]),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

const describe = (answer: HubSpotAnswer): string =>
  answer.kind === 'answered' ? `${answer.status} ${JSON.stringify(answer.body)}` : `${answer.kind} ${answer.cause}`;
