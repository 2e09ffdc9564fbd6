import type { LedgerName } from '../directory/contact-ledger.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { Concluding } from './concluding.ts';
import { emailNamesOf, mainNameOf } from './contact-names.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { FoundContact } from './find-contact.ts';
import { type AcquireHome, findHome, lead, ledgerToLead, nameToLead, orDeferred } from './lead-name.ts';
import type { CallEntry } from './plan-calls.ts';

/**
 * Lets all e-mails of a contact that is to be archived point to its home: what was written by any of them counts, and whoever writes by one from
 * now on waits for the lease of the home. False when that is not possible now. `properties` show all e-mails of the contact.
 */
export async function gatherNames(
  entry: CallEntry,
  id: ContactId,
  properties: FoundContact['properties'],
  state: DeliveryState,
  world: Concluding,
  acquire: AcquireHome,
): Promise<boolean> {
  const names = emailNamesOf(properties);
  const { address, writes } = entry;
  const [first] = writes;
  if (first.verb !== 'archive' || address.kind === 'nobody') return true;
  if (names.length < 2) {
    state.setGathered(address.name);
    return true;
  }
  state.setEmailNames(id, names);
  const isHeldUp = await orDeferred(entry, state, world, async () => {
    const target = await findHome(mainNameOf(id, properties), state, world);
    for (const each of names) {
      const home = await findHome(each, state, world);
      if (home === target) {
        await pointStraight(each, target, state, world);
        continue;
      }
      const name = nameToLead(each, home, names);
      const ledger = await ledgerToLead(name, home, acquire);
      if (ledger === undefined) return true;
      await lead({ entry, ledger }, name, target, id, state, world);
      if (state.fateOf(first.key) !== undefined) return true;
    }
    return false;
  });
  if (!isHeldUp) state.setGathered(address.name);
  return !isHeldUp;
}

/** A name that leads home by way of another goes with that one, should it lead elsewhere one day; and what is noted at the home is not its any more. */
async function pointStraight(
  name: LedgerName,
  home: LedgerName,
  state: DeliveryState,
  { ledger }: Concluding,
): Promise<void> {
  if (name === home || state.known.homes.get(name) === home) return;
  await ledger.point(name, home);
  state.setHome(name, home, state.formerOf(name));
}
