import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/logger.ts';
import {
  after,
  between,
  type DurationMs,
  type EpochMs,
  epochMs,
  laterOf,
  milliseconds,
  seconds,
} from '../runtime/units.ts';
import { isProbeOf } from './circuit.ts';
import type { Lane } from './lane.ts';
import { learnFromAnswer, type Observer } from './learn-from-answer.ts';
import type { PaceObservation } from './pace-observation.ts';
import { closedUntilOf, INITIAL_CONTROL, type PaceControl, type PaceState } from './pace-state.ts';
import type { PaceStore } from './pace-store.ts';
import { StoreContact } from './store-contact.ts';

export interface SharedControlOptions {
  readonly store: PaceStore;
  readonly clock: Clock;
  /** Names this environment, and no other. */
  readonly owner: string;
  /** Calls of the lane in any rolling 10 s, for all environments together. */
  readonly limit: number;
  /** The main one unless said; `store` is to be of the same. */
  readonly lane?: Lane;
  /**
   * Its calls are other people's requests. They wait while HubSpot is left alone, but never look whether it is back, and teach the
   * others only what is about the app as a whole.
   */
  readonly isForwarder?: boolean;
  readonly log: Log;
}

/** HubSpot gives up at 100 s, and the caller before: by then the probe's answer is known, or its caller is dead. */
const PROBE_LEASE: DurationMs = seconds(120);
/** Rounds of changing what somebody else changed meanwhile. */
const ROUNDS = 5;
/** Between two tries to tell others. */
const SHORT_BREATH: DurationMs = milliseconds(50);
/** Lessons that are kept while the store is away. */
const MOST_LESSONS = 20;

/** How the item looks to those who never saw one. */
export const NOTHING_STORED: PaceState = { version: 0, next: epochMs(0), control: INITIAL_CONTROL };

interface Lesson {
  readonly seen: PaceObservation;
  readonly observer: Observer;
}

/**
 * The shared item as last seen, and what was learned here on top of it. A lesson holds here at once; it stays on top until
 * the store has it, whatever others store meanwhile.
 */
export class SharedControl {
  readonly contact: StoreContact;
  readonly #options: SharedControlOptions;
  #stored: PaceState = NOTHING_STORED;
  #seenAt: EpochMs = epochMs(0);
  #lessons: readonly Lesson[] = [];
  #control: PaceControl = INITIAL_CONTROL;
  #publishing: Promise<void> | undefined;
  #refreshing: Promise<void> | undefined;
  #telling: Promise<void> | undefined;
  #changes = 0;

  constructor(options: SharedControlOptions) {
    this.#options = options;
    this.contact = new StoreContact(options.clock, options.log);
  }

  /** As last seen in the store; version 0 when it never was. */
  get stored(): PaceState {
    return this.#stored;
  }

  /** The time for which `stored` is known to hold. */
  get seenAt(): EpochMs {
    return this.#seenAt;
  }

  /** What holds here. */
  get control(): PaceControl {
    return this.#control;
  }

  get closedUntil(): EpochMs {
    return closedUntilOf(this.#control, this.#options.lane);
  }

  /** HubSpot is away, and one call has to look whether it is back before this environment makes others. */
  get needsProbe(): boolean {
    return this.#control.circuit.kind === 'open' && this.#options.isForwarder !== true;
  }

  /** Takes over what the store said, asked at `at`; an older version only if it is later news (the item was made anew). */
  adopt(state: PaceState, at: EpochMs): void {
    if (state.version < this.#stored.version && at <= this.#seenAt) return;
    this.#stored = state;
    if (at > this.#seenAt) this.#seenAt = at;
    this.#control = learnAll(this.#lessons, state.control);
  }

  /** Looks at the item, for what others learned; who asks meanwhile waits for the same answer. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const at = this.#options.clock.now();
    const read = await this.contact.attempt(() => this.#options.store.read());
    if (read !== undefined) this.adopt(read.answer ?? NOTHING_STORED, at);
  }

  /** Learns from an answer: here at once, then for all. */
  async learn(seen: PaceObservation): Promise<void> {
    const { owner, limit, lane = 'main', isForwarder = false, clock } = this.#options;
    const isProbe = isProbeOf(owner, seen, this.#control.circuit);
    const lesson = { seen, observer: { isProbe, isForwarder, limit, lane, at: clock.now() } };
    const learned = learnAll([lesson], this.#control);
    if (learned === this.#control) return;
    this.#logChange(this.#control, learned);
    this.#control = learned;
    this.#lessons = [...this.#lessons, lesson].slice(-MOST_LESSONS);
    if (!this.contact.isLost) await this.publish();
    if (this.#lessons.length > 0) this.#telling ??= this.#keepTelling();
  }

  /** What could not be stored when it was learned is stored as soon as the store is back, whether or not anybody calls. */
  async #keepTelling(): Promise<void> {
    const { clock } = this.#options;
    while (this.#lessons.length > 0) {
      const now = clock.now();
      await clock.sleep(between(now, laterOf(this.contact.retryAt ?? now, after(now, SHORT_BREATH))));
      await this.publish();
    }
    this.#telling = undefined;
  }

  /** Stores what was learned; several lessons at once where they came at once. */
  publish(): Promise<void> {
    this.#publishing ??= this.#publish().finally(() => {
      this.#publishing = undefined;
    });
    return this.#publishing;
  }

  async #publish(): Promise<void> {
    for (let round = 0; round < ROUNDS && this.#lessons.length > 0; ) {
      const lessons = this.#lessons;
      const control = learnAll(lessons, this.#stored.control);
      if (control === this.#stored.control || (await this.change(control))) {
        this.#lessons = this.#lessons.filter((lesson) => !lessons.includes(lesson));
        this.#control = learnAll(this.#lessons, this.#stored.control);
        continue;
      }
      if (this.contact.isLost) return;
      await this.refresh();
      if (this.contact.isLost) return;
      round += 1;
    }
  }

  /** Replaces the stored control, if it is still the one last seen; makes the item where there is none. */
  async change(control: PaceControl): Promise<boolean> {
    const { store, owner, clock } = this.#options;
    const known = this.#stored;
    const now = clock.now();
    this.#changes += 1;
    const by = `${owner}#${this.#changes}`;
    const changed = await this.contact.attempt(() =>
      known.version === 0 ? store.create(now, control, by) : store.change(known, control, by),
    );
    if (changed?.answer !== true) return false;
    const next = known.version === 0 ? now : this.#stored.next;
    this.adopt({ version: known.version + 1, next, control }, now);
    return true;
  }

  /** Takes the one probe that may go to HubSpot while the circuit is half open. */
  async takeProbe(): Promise<boolean> {
    const { clock, owner } = this.#options;
    if (!this.contact.isLost) await this.publish();
    if ((this.contact.retryAt ?? clock.now()) <= clock.now()) await this.refresh();
    const { circuit } = this.#control;
    const now = clock.now();
    if (circuit.kind !== 'open' || this.closedUntil > now) return false;
    if (circuit.probe !== undefined && circuit.probe.end > now) return false;
    const probe = { owner, since: now, end: after(now, PROBE_LEASE) };
    const control = { ...this.#control, circuit: { ...circuit, probe } };
    if (!this.contact.isLost) return this.change(control);
    // Nobody can be asked: one probe at a time here, at least, and not before the store has been away for a while.
    if (this.contact.staticFrom !== undefined && this.contact.staticFrom > now) return false;
    this.#control = control;
    return true;
  }

  /** Whoever has the probe and makes no call lets the next one try. */
  async releaseProbe(): Promise<void> {
    const { circuit } = this.#control;
    if (circuit.kind !== 'open' || circuit.probe?.owner !== this.#options.owner) return;
    const { probe: _, ...open } = circuit;
    const control = { ...this.#control, circuit: open };
    if (this.contact.isLost) this.#control = control;
    else await this.change(control);
  }

  #logChange(before: PaceControl, now: PaceControl): void {
    const { log } = this.#options;
    if (now.circuit.kind !== before.circuit.kind) log.warn('circuit', { is: now.circuit.kind });
    if (now.ceiling?.callsPerWindow !== before.ceiling?.callsPerWindow) log.warn('limit', { ...now.ceiling });
    if (now.notBefore > before.notBefore) log.warn('pause', { until: now.notBefore });
    if (now.lanes !== before.lanes) log.warn('lane-pause', { ...now.lanes });
  }
}

const learnAll = (lessons: readonly Lesson[], control: PaceControl): PaceControl =>
  lessons.reduce((learned, { seen, observer }) => learnFromAnswer(learned, seen, observer), control);
