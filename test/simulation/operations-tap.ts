import type { OperationStore, Settlement } from '../../lib/operations/operation-store.ts';
import { checkSettlement } from './invariants/of-settling.ts';
import { CLIENT_TIMEOUT, type SimulatedProcess, throughProcess } from './simulated-process.ts';
import type { Witness } from './witness.ts';

/** The operation store as one process has it: D7 and D9 are checked when an outcome arrives there, and the witness hears of it. */
export function tapOperations(
  operations: OperationStore,
  process: SimulatedProcess,
  now: () => number,
  witness: Witness,
): OperationStore {
  const sentAt = new WeakMap<Settlement, number>();
  const through = throughProcess(process, 'operations', {
    ...operations,
    findSettled: (references) => {
      witness.asked(references, process.name);
      return operations.findSettled(references);
    },
    settle: (settlement) => {
      checkSettlement(witness, settlement);
      const isUnheard = now() - (sentAt.get(settlement) ?? now()) >= CLIENT_TIMEOUT;
      witness.settled(settlement, process.name, isUnheard);
      return operations.settle(settlement);
    },
  } satisfies OperationStore);
  return {
    ...through,
    settle: (settlement) => {
      sentAt.set(settlement, now());
      return through.settle(settlement);
    },
  };
}
