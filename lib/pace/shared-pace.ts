import type { Clock } from '../runtime/clock.ts';
import {
  after,
  between,
  type DurationMs,
  type EpochMs,
  earlierOf,
  laterOf,
  milliseconds,
  seconds,
} from '../runtime/units.ts';
import { bookProbe, bookSlot, bookStatic, LOOK_AHEAD } from './booking.ts';
import { returnAtOf } from './learn-from-answer.ts';
import type { Booking, Pace, SharedPace } from './pace.ts';
import { SlotPurse, type SlotPurseOptions } from './slot-purse.ts';
import { WaitingLine } from './waiting-line.ts';

export interface SharedPaceOptions extends SlotPurseOptions {
  /** Paces this environment while the store is down; the shares of all environments together make the limit. */
  readonly fallback: Pace;
}

/** A slot in hand is handed out so much earlier than its caller needs it: where preparing takes long for once, it is not lost. */
const MARGIN: DurationMs = milliseconds(500);
/** A backlog asks for more slots when the last one in hand is this near: `MARGIN`, and as long for preparing and the store. */
const PREFETCH: DurationMs = milliseconds(1_000);
/** While the store is away nothing is waited for any longer: it may be back. */
const STATIC_STEP: DurationMs = seconds(1);
/** While somebody else probes HubSpot. */
const PROBE_POLL: DurationMs = seconds(1);

/**
 * HubSpot's budget, shared with all other environments through a store (delivery.md, "Pace").
 *
 * Slots are fetched several at a time and handed out each at its own time, in the order of asking; a late one is thrown away.
 * While the store is down, the fallback paces this environment alone; while HubSpot is down, one call at a time, of one
 * environment, looks whether it is back. Forwarders leave that to the others: when the time of an open circuit is over they call.
 */
export function createSharedPace(options: SharedPaceOptions): SharedPace {
  const desk = new Desk(options);
  return {
    take: async (deadline, wanted = 1) => {
      for (;;) {
        const booking = await desk.book(deadline, milliseconds(0), wanted);
        if (booking === undefined) return false;
        if (await booking.start()) return true;
      }
    },
    book: (deadline, lead, wanted = 1) => desk.book(deadline, lead, wanted),
    observe: (observation) => desk.purse.shared.learn(observation),
    closedUntil: () => {
      const until = desk.purse.shared.closedUntil;
      return until > options.clock.now() ? until : undefined;
    },
    returnAt: () => returnAtOf(desk.purse.shared.control, options.clock.now()),
  };
}

/** What the caller prepares may take longer than it meant to; a probe or a call of one's own share has no time of its own. */
const untilDeadline = (booking: Booking, deadline: EpochMs, clock: Clock): Booking => ({
  async start() {
    if (!(await booking.start())) return false;
    if (clock.now() < deadline) return true;
    await booking.leave();
    return false;
  },
  leave: booking.leave,
});

class Desk {
  readonly purse: SlotPurse;
  readonly #options: SharedPaceOptions;
  readonly #line = new WaitingLine();
  #isServing = false;
  #nap: AbortController | undefined;

  constructor(options: SharedPaceOptions) {
    this.#options = options;
    this.purse = new SlotPurse(options);
  }

  book(deadline: EpochMs, lead: DurationMs, wanted: number): Promise<Booking | undefined> {
    const now = this.#options.clock.now();
    if (deadline <= now || this.#earliestFor(deadline, now) >= deadline) return Promise.resolve(undefined);
    const served = this.#line.join(deadline, wanted, lead);
    this.#nap?.abort();
    if (!this.#isServing) void this.#serve();
    return served.then((booking) => booking && untilDeadline(booking, deadline, this.#options.clock));
  }

  #earliestFor(deadline: EpochMs, now: EpochMs): EpochMs {
    const { shared } = this.purse;
    if (shared.contact.isLost || shared.needsProbe) return shared.closedUntil;
    return laterOf(this.purse.earliestSlot(this.#line.countAhead(deadline), now), shared.closedUntil);
  }

  /** The one loop that serves all waiters: every round looks at the world anew, and does one thing or sleeps. */
  async #serve(): Promise<void> {
    this.#isServing = true;
    try {
      while (!this.#line.isEmpty) await this.#serveNext();
    } catch (error) {
      this.#line.failAll(error);
    } finally {
      this.#isServing = false;
    }
  }

  async #serveNext(): Promise<void> {
    const { purse } = this;
    const { shared } = purse;
    const now = this.#options.clock.now();
    purse.dropLate(now);
    const closedUntil = shared.closedUntil;
    this.#line.refuseUntil(laterOf(closedUntil, now));
    if (this.#line.isEmpty) return;
    if (closedUntil > now) return this.#sleepUntil(closedUntil);
    if (shared.needsProbe) return this.#probe(now);
    const slot = purse.slots[0];
    if (slot === undefined) return this.#getSlots(now);
    this.#prefetch(now);
    return this.#useSlot(slot, now);
  }

  async #getSlots(now: EpochMs): Promise<void> {
    const { contact } = this.purse.shared;
    if (contact.isLost) return this.#withoutStore(now);
    if (now < this.purse.fetchFrom) {
      this.#line.refuseUntil(this.purse.shared.stored.next);
      return this.#sleepUntil(this.purse.fetchFrom);
    }
    await this.purse.fetch(this.#line.wanted, this.#line.lead);
  }

  #prefetch(now: EpochMs): void {
    const { slots, isFetching, fetchFrom, shared } = this.purse;
    const last = slots.at(-1);
    if (isFetching || shared.contact.isLost || now < fetchFrom || last === undefined) return;
    // Not for one slot at a time: that would be a request to the store for every call.
    if (2 * slots.length <= this.#line.wanted && between(now, last) < PREFETCH) void this.#fetchAside();
  }

  async #useSlot(slot: EpochMs, now: EpochMs): Promise<void> {
    const { lead } = this.#line;
    const handOut = after(slot, milliseconds(-Math.max(LOOK_AHEAD, lead > 0 ? lead + MARGIN : 0)));
    this.#line.refuseUntil(slot);
    if (now < handOut) return this.#sleepUntil(handOut);
    if (this.#line.serveFirst(bookSlot(slot, this.purse.shared, this.#options.clock))) this.purse.useSlot();
  }

  async #probe(now: EpochMs): Promise<void> {
    const { clock } = this.#options;
    const { shared } = this.purse;
    if (await shared.takeProbe()) {
      this.#line.refuseUntil(clock.now());
      if (!this.#line.serveFirst(bookProbe(shared))) await shared.releaseProbe();
    } else if (shared.control.circuit.kind === 'open') await this.#sleepUntil(after(now, PROBE_POLL));
  }

  async #withoutStore(now: EpochMs): Promise<void> {
    const { contact } = this.purse.shared;
    const { retryAt, staticFrom } = contact;
    // After a quiet time the store has probably been back for long, and others may have learned what is not known here.
    if (contact.isOldNews) return this.purse.fetch(this.#line.wanted, this.#line.lead);
    if (retryAt !== undefined && retryAt <= now && !this.purse.isFetching) void this.#fetchAside();
    if (staticFrom !== undefined && staticFrom <= now) return this.#useStaticShare(now);
    const step = after(now, STATIC_STEP);
    await this.#sleepUntil(retryAt !== undefined && retryAt > now ? earlierOf(step, retryAt) : step);
  }

  async #useStaticShare(now: EpochMs): Promise<void> {
    const { shared } = this.purse;
    const step = after(now, STATIC_STEP);
    if (!(await this.#options.fallback.take(this.#line.untilFirstDeadline(step)))) return this.#sleepUntil(step);
    const at = this.#options.clock.now();
    // The store may be back, or HubSpot gone, since the wait began.
    if (!shared.contact.isLost || shared.closedUntil > at || shared.needsProbe) return;
    this.purse.noteStaticCall(at);
    this.#line.serveFirst(bookStatic(shared, this.#options.clock));
  }

  async #fetchAside(): Promise<void> {
    await this.purse.fetch(this.#line.wanted, this.#line.lead);
    this.#nap?.abort();
  }

  /** Until then, until a waiter's deadline, or until something happens that changes the picture. */
  async #sleepUntil(time: EpochMs): Promise<void> {
    const { clock } = this.#options;
    const until = this.#line.untilFirstDeadline(time);
    const now = clock.now();
    if (until <= now || this.#line.isEmpty) return;
    const nap = new AbortController();
    this.#nap = nap;
    try {
      await clock.sleep(between(now, until), nap.signal);
    } catch (error) {
      if (!nap.signal.aborted) throw error;
    } finally {
      this.#nap = undefined;
    }
  }
}
