import type { Random } from '../runtime/random.ts';
import { after, between, type DurationMs, type EpochMs, epochMs, laterOf, milliseconds } from '../runtime/units.ts';
import { ARRIVAL_SPREAD, LATENESS, slotsFrom, WINDOW } from './grant-slots.ts';
import { intervalOf } from './learn-from-answer.ts';
import { INITIAL_CONTROL, type PaceState, pausedUntilOf, pauseUntil } from './pace-state.ts';
import { PriorityReserve } from './priority-reserve.ts';
import { NOTHING_STORED, SharedControl, type SharedControlOptions } from './shared-control.ts';
import { LONGEST_LOOKAHEAD, TIME_TO_NOTICE } from './store-contact.ts';

export interface SlotPurseOptions extends SharedControlOptions {
  /** Calls in 10 s that this environment may make ahead of a backlog; 0 for those who work a backlog off. */
  readonly reserve: number;
  readonly random: Random;
}

/** So many slots are taken at once: few enough that environments take turns, and that a pause voids little. */
const CHUNK: DurationMs = milliseconds(500);
/** A backlog takes slots no further ahead than this; what lies between is open to those with a reserve. */
const HORIZON: DurationMs = milliseconds(1_500);
/** With a reserve: `HORIZON`, a chunk, and the reserves of others. With a chunk on top it is `LONGEST_LOOKAHEAD`. */
const PRIORITY_HORIZON: DurationMs = milliseconds(LONGEST_LOOKAHEAD - CHUNK);
/** Refused ones come again at different times, but before the slots ahead run out. */
const SPREAD_STEP: DurationMs = milliseconds(250);
const MOST_SPREAD: DurationMs = milliseconds(750);
/** The slots that this environment holds, and how it comes by more. */
export class SlotPurse {
  readonly shared: SharedControl;
  readonly #options: SlotPurseOptions;
  readonly #reserve: PriorityReserve;
  #slots: EpochMs[] = [];
  #fetching: Promise<void> | undefined;
  #fetchFrom: EpochMs = epochMs(0);
  #refusals = 0;
  #lastStaticCall: EpochMs = epochMs(0);

  constructor(options: SlotPurseOptions) {
    this.#options = options;
    this.#reserve = new PriorityReserve(options.reserve);
    this.shared = new SharedControl(options);
  }

  /** In hand, the next one first. */
  get slots(): readonly EpochMs[] {
    return this.#slots;
  }

  get isFetching(): boolean {
    return this.#fetching !== undefined;
  }

  /** When it makes sense to ask for slots again. */
  get fetchFrom(): EpochMs {
    return this.#fetchFrom;
  }

  /** The earliest time that the nth caller from now on (0 is the next) can hope for. */
  earliestSlot(n: number, now: EpochMs): EpochMs {
    const inHand = this.#slots[n];
    if (inHand !== undefined) return inHand;
    const interval = intervalOf(this.shared.control, this.#options.limit);
    return after(laterOf(this.shared.stored.next, now), milliseconds((n - this.#slots.length) * interval));
  }

  /** Throws away what is too late to be used at its time. */
  dropLate(now: EpochMs): void {
    this.#slots = this.#slots.filter((slot) => between(slot, now) <= LATENESS);
  }

  useSlot(): void {
    this.#slots.shift();
  }

  noteStaticCall(at: EpochMs): void {
    this.#lastStaticCall = at;
  }

  /**
   * Asks for slots for `wanted` calls, none earlier than `lead` from now, in one round trip as a rule; who comes meanwhile
   * waits for the same answer.
   */
  fetch(wanted: number, lead: DurationMs): Promise<void> {
    this.#fetching ??= this.#fetch(wanted, lead).finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(wanted: number, lead: DurationMs): Promise<void> {
    const { store, clock, limit } = this.#options;
    const { contact } = this.shared;
    // The first request after an outage must not be one for slots.
    if (contact.isLost) await this.shared.refresh();
    if (contact.isLost) return;
    if (contact.hasReturned && !(await this.#settleReturn())) return;
    const now = clock.now();
    const interval = intervalOf(this.shared.control, limit);
    const chunk = Math.max(1, Math.floor(CHUNK / interval));
    const asked = Math.max(1, Math.min(chunk, wanted - this.#slots.length));
    const reserved = this.#reserve.affordable(asked, now);
    const horizon = reserved > 0 ? PRIORITY_HORIZON : HORIZON;
    const from = laterOf(after(now, milliseconds(Math.max(contact.trip, lead))), this.shared.closedUntil);
    const latest = laterOf(from, after(now, horizon));
    const known = this.shared.stored;
    const request = { count: reserved > 0 ? reserved : asked, interval, from, latest, known };
    const taken = await contact.attempt(() => store.take(request));
    if (taken === undefined) return;
    if (taken.answer.kind === 'refused') return this.#refused(taken.answer.state, known, horizon, now);
    if (reserved > 0) this.#reserve.spend(reserved, now);
    this.#refusals = 0;
    this.#slots.push(...slotsFrom(taken.answer.first, request.count, interval));
    if (this.shared.stored.version === known.version) this.shared.adopt({ ...known, next: taken.answer.next }, now);
  }

  async #refused(state: PaceState | undefined, known: PaceState, horizon: DurationMs, at: EpochMs): Promise<void> {
    this.shared.adopt(state ?? NOTHING_STORED, at);
    if (state === undefined) {
      await this.shared.change(INITIAL_CONTROL);
      return;
    }
    if (state.version !== known.version) return;
    this.#refusals += 1;
    const spread = Math.min(MOST_SPREAD, this.#refusals * SPREAD_STEP) * this.#options.random();
    this.#fetchFrom = after(state.next, milliseconds(spread - horizon));
  }

  /**
   * Makes room between the calls of an outage of the store, which static shares paced, and the shared slots:
   *
   *     outage           back                     10.3 s after the last static call
   *       |-- silence --|--- static shares ---|---------------|-- shared slots --
   *
   * Whoever made static calls pauses all until these have left HubSpot's window. Where nobody had a slot for a whole window,
   * others may be at it still: they get the time to notice, and to do the same. All of this is the lane's alone.
   */
  async #settleReturn(): Promise<boolean> {
    await this.shared.refresh();
    if (this.shared.contact.isLost) return false;
    const { next, control } = this.shared.stored;
    const now = this.#options.clock.now();
    const isIdle = next < after(now, milliseconds(-WINDOW - ARRIVAL_SPREAD));
    const noticed = isIdle ? after(now, TIME_TO_NOTICE) : now;
    const notBefore = laterOf(noticed, after(this.#lastStaticCall, milliseconds(WINDOW + ARRIVAL_SPREAD)));
    const { lane } = this.#options;
    const isPaused = notBefore <= laterOf(pausedUntilOf(control, lane), now);
    if (!isPaused && !(await this.shared.change(pauseUntil(control, notBefore, lane)))) return false;
    this.shared.contact.returnIsSettled();
    return true;
  }
}
