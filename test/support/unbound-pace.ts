import { isProbeOf } from '../../lib/pace/circuit.ts';
import { learnFromAnswer, returnAtOf } from '../../lib/pace/learn-from-answer.ts';
import type { Booking, SharedPace } from '../../lib/pace/pace.ts';
import { closedUntilOf, INITIAL_CONTROL, type PaceControl } from '../../lib/pace/pace-state.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { after, between, type EpochMs, seconds } from '../../lib/runtime/units.ts';

/** A slot whose time has come. */
export const aStartedSlot: Booking = { start: async () => true, leave: async () => {} };

/** A pace without a limit, for one caller: a slot at once, but HubSpot's pauses and the circuit as the shared one keeps them. */
export function createUnboundPace(clock: Clock): SharedPace {
  const owner = 'only';
  let control: PaceControl = INITIAL_CONTROL;
  const take = async (deadline: EpochMs): Promise<boolean> => {
    const closed = closedUntilOf(control);
    const now = clock.now();
    if (now >= deadline || closed >= deadline) return false;
    if (closed > now) await clock.sleep(between(now, closed));
    const { circuit } = control;
    const since = clock.now();
    if (circuit.kind === 'open') {
      control = { ...control, circuit: { ...circuit, probe: { owner, since, end: after(since, seconds(120)) } } };
    }
    return true;
  };
  return {
    take,
    book: async (deadline) => ((await take(deadline)) ? aStartedSlot : undefined),
    observe: async (seen) => {
      const isProbe = isProbeOf(owner, seen, control.circuit);
      control = learnFromAnswer(control, seen, { isProbe, at: clock.now(), limit: 1_000 });
    },
    closedUntil: () => (closedUntilOf(control) > clock.now() ? closedUntilOf(control) : undefined),
    returnAt: () => returnAtOf(control, clock.now()),
  };
}
