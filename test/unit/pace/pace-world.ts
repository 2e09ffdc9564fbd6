import { callsPerWindowOf, type Lane } from '../../../lib/pace/lane.ts';
import type { SharedPace } from '../../../lib/pace/pace.ts';
import type { PaceObservation } from '../../../lib/pace/pace-observation.ts';
import type { PaceStore } from '../../../lib/pace/pace-store.ts';
import { createSharedPace } from '../../../lib/pace/shared-pace.ts';
import { createStaticShare } from '../../../lib/pace/static-share.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { after, type EpochMs, epochMs, milliseconds } from '../../../lib/runtime/units.ts';
import { createInMemoryPaceStore } from '../../support/in-memory-pace-store.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { VirtualTime } from './virtual-time.ts';

/** What HubSpot says to a call that arrives at a time; no status when it says nothing. */
export type HubSpotAnswers = (arrivedAt: number, lane: Lane, by: string) => Omit<PaceObservation, 'startedAt'>;

export interface WorldOptions {
  readonly seed: number;
  readonly limit: number;
  readonly answers?: HubSpotAnswers;
  /** The most by which a process wakes late, in ms. */
  readonly lateness?: number;
  /** The most that a request to the store or its answer takes, in ms. */
  readonly storeDelay?: number;
  /** When the store is away, for whom. */
  readonly storeIsDown?: (at: number, name: string) => boolean;
}

export interface ProcessOptions {
  readonly name: string;
  readonly share: number;
  readonly reserve?: number;
  /** The main one unless said. */
  readonly lane?: Lane;
  /** Its calls are other people's requests. */
  readonly isForwarder?: boolean;
  /** Calls that all may make together in the lane's own window; that of the world unless said. */
  readonly limit?: number;
}

/** A process that shares the pace. */
export interface PacedProcess {
  readonly pace: SharedPace;
  readonly clock: Clock;
  /** Takes a slot, calls HubSpot, tells the pace; false when there was no slot. */
  call(deadline?: EpochMs, wanted?: number): Promise<boolean>;
  /** Calls for as long as it may, `width` calls at a time. */
  drain(until: number, width: number): Promise<void>;
}

export interface ArrivedCall {
  readonly by: string;
  readonly lane: Lane;
  readonly sentAt: number;
  readonly arrivedAt: number;
  /** When the caller heard back; in the future while it waits. */
  answeredAt: number;
}

/** When every world begins. */
export const START = 1_800_000_000_000;

/** One HubSpot, one store, and processes with clocks, networks and sleeps that are as bad as the design allows. */
export class PaceWorld {
  readonly time = new VirtualTime(START);
  readonly start = START;
  readonly calls: ArrivedCall[] = [];
  readonly operations = { read: 0, take: 0, change: 0, create: 0 };
  readonly #options: WorldOptions;
  readonly store = createInMemoryPaceStore();
  #random: number;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = options.seed >>> 0;
  }

  /** mulberry32: small, seeded, good enough to draw faults. */
  readonly random = (): number => {
    this.#random = (this.#random + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  run(duration: number): Promise<void> {
    return this.time.runUntil(this.time.now + duration);
  }

  process({ name, share, reserve = 0, lane = 'main', ...more }: ProcessOptions): PacedProcess {
    const { limit = this.#options.limit, isForwarder = false } = more;
    const lateness = this.#options.lateness ?? 15;
    const clock = this.time.clock({ skew: this.random() * 10 - 5, lateness: () => this.random() * lateness });
    const pace = createSharedPace({
      store: this.#reachStore(name, this.store.ofLane(lane)),
      clock,
      owner: name,
      limit: callsPerWindowOf(lane, limit),
      lane,
      reserve,
      isForwarder,
      random: this.random,
      fallback: createStaticShare(callsPerWindowOf(lane, share), clock),
      log: createRecordingLog(),
    });
    const call = async (deadline = after(clock.now(), milliseconds(60_000)), wanted = 1): Promise<boolean> => {
      if (!(await pace.take(deadline, wanted))) return false;
      const startedAt = clock.now();
      const answer = await this.#callHubSpot(name, lane);
      await pace.observe({ startedAt, ...answer });
      return true;
    };
    const drain = async (until: number, width: number): Promise<void> => {
      const work = async () => {
        while (this.time.now < until) {
          const hadSlot = await call(epochMs(until), width);
          if (!hadSlot) await this.time.sleep(500);
        }
      };
      await Promise.all(Array.from({ length: width }, work));
    };
    return { pace, clock, call, drain };
  }

  /** The most calls of a lane that arrived in any rolling 10 s, or another time in ms. */
  worstWindow(from = 0, lane: Lane = 'main', window = 10_000): number {
    const calls = this.calls.filter((call) => call.lane === lane);
    const times = calls.map(({ arrivedAt }) => arrivedAt).filter((at) => at >= from);
    times.sort((one, other) => one - other);
    let first = 0;
    return times.reduce((worst, at, position) => {
      while (at - (times[first] ?? at) >= window) first += 1;
      return Math.max(worst, position - first + 1);
    }, 0);
  }

  /** Calls that were sent in a span, in ms from the start. */
  sentBetween(from: number, to: number): readonly ArrivedCall[] {
    return this.calls.filter(({ sentAt }) => sentAt >= this.start + from && sentAt < this.start + to);
  }

  async #callHubSpot(by: string, lane: Lane): Promise<Omit<PaceObservation, 'startedAt'>> {
    const sentAt = this.time.now;
    await this.time.sleep(this.random() * 230);
    const arrivedAt = this.time.now;
    const call: ArrivedCall = { by, lane, sentAt, arrivedAt, answeredAt: Number.POSITIVE_INFINITY };
    this.calls.push(call);
    const answer = this.#options.answers?.(arrivedAt, lane, by) ?? { status: 200 };
    await this.time.sleep(50 + this.random() * 200);
    call.answeredAt = this.time.now;
    return answer;
  }

  /** While it is down it swallows requests before or after they took effect. */
  #reachStore(process: string, store: PaceStore): PaceStore {
    const delay = () => this.time.sleep(1 + this.random() * (this.#options.storeDelay ?? 14));
    const reach = async <Answer>(name: keyof PaceWorld['operations'], ask: () => Promise<Answer>): Promise<Answer> => {
      this.operations[name] += 1;
      const isDown = () => this.#options.storeIsDown?.(this.time.now, process) === true;
      await delay();
      if (isDown()) return this.#fail();
      const answer = await ask();
      await delay();
      return isDown() ? this.#fail() : answer;
    };
    return {
      read: () => reach('read', () => store.read()),
      take: (request) => reach('take', () => store.take(request)),
      change: (known, control, by) => reach('change', () => store.change(known, control, by)),
      create: (next, control, by) => reach('create', () => store.create(next, control, by)),
    };
  }

  async #fail(): Promise<never> {
    await this.time.sleep(this.random() * 3_000);
    throw new Error('the store is away');
  }
}
