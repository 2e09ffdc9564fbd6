import type { LedgerName, OrderKey } from '../directory/contact-ledger.ts';
import type { Concluding } from './concluding.ts';
import type { DeliveryState } from './delivery-state.ts';

/** Erases a home, and what the invocation believes of the names that led there: others may have them by now. False when it is not ours any more. */
export async function eraseHome(
  name: LedgerName,
  order: OrderKey,
  state: DeliveryState,
  { ledger, owner }: Concluding,
): Promise<boolean> {
  const isErased = await ledger.erase({ name, owner, order });
  if (isErased) state.forgetHome(name);
  return isErased;
}
