import type { Contact } from '../../infra/local/hubspot/core/contact.ts';
import type { SettledWrite } from './chaos-write.ts';

type SeenContact = Pick<Contact, 'id' | 'properties' | 'versions'>;

/**
 * Compares what callers were told with what HubSpot holds and in which order it came to hold it. One sentence for each
 * broken promise, none when every write that was answered `202` arrived once and in order.
 */
export function checkArrival(writes: readonly SettledWrite[], contacts: readonly SeenContact[]): readonly string[] {
  const byEmail = Map.groupBy(writes, ({ email }) => email);
  const strangers = contacts.filter(({ properties }) => !byEmail.has(properties['email'] ?? ''));
  return [
    ...strangers.map(({ id }) => `contact ${id} was written to by nobody`),
    ...[...byEmail].flatMap(([email, own]) =>
      checkContact(
        own,
        contacts.filter(({ properties }) => properties['email'] === email),
      ).map((fault) => `${email}: ${fault}`),
    ),
  ];
}

function checkContact(writes: readonly SettledWrite[], contacts: readonly SeenContact[]): readonly string[] {
  const faults = checkOutcomes(writes);
  const [contact, ...others] = contacts;
  if (others.length > 0) return [...faults, `it is there ${contacts.length} times`];
  if (contact === undefined) {
    return writes.some(isAccepted) ? [...faults, 'it is not there, though a write was accepted'] : faults;
  }
  const properties = new Set(writes.flatMap((write) => write.properties));
  return [
    ...faults,
    ...writes.flatMap(({ fate, number }) =>
      'id' in fate && fate.id !== contact.id ? [`write ${number} is told as ${fate.id}, not ${contact.id}`] : [],
    ),
    ...[...properties].flatMap((property) =>
      checkProperty(
        property,
        writes.filter((write) => write.properties.includes(property)),
        contact,
      ),
    ),
  ];
}

function checkOutcomes(writes: readonly SettledWrite[]): readonly string[] {
  const created = writes.filter(({ verb, fate }) => verb === 'create' && fate.kind === 'created');
  return [
    ...(created.length > 1 ? [`${created.length} creates are told as created`] : []),
    ...writes.flatMap(({ number, verb, fate }) => {
      if (fate.kind === 'open') return [`write ${number} has no outcome (operation ${fate.operation})`];
      // Callers update what they know to be there: only a create can meet what stands in its way.
      const isFair = fate.kind !== 'rejected' || (verb === 'create' && fate.category === 'CONFLICT');
      return isFair ? [] : [`write ${number} (${verb}) was rejected: ${fate.category}`];
    }),
  ];
}

/** A value that HubSpot came to hold, and when. */
interface Step {
  readonly number: number;
  readonly at: number;
}

/** `writes` are those that set the property. */
function checkProperty(property: string, writes: readonly SettledWrite[], contact: SeenContact): readonly string[] {
  const history = contact.versions.flatMap(({ values, at }): Step[] => {
    const value = values[property];
    return value === undefined ? [] : [{ number: Number(value), at }];
  });
  const last = history.at(-1)?.number ?? 0;
  const newest = writes.filter(isAccepted).reduce((most, { number }) => Math.max(most, number), 0);
  const faults = [
    ...history.flatMap((step, position) => checkStep(step, history.slice(0, position), writes)),
    ...(last < newest ? [`is ${last || 'not set'}, and ${newest} was accepted`] : []),
    ...writes.flatMap(({ number, fate }) =>
      fate.kind === 'superseded' && last <= number ? [`did not get ${number}, superseded by nothing`] : [],
    ),
  ];
  return faults.map((fault) => `${property} ${fault} (history ${history.map(({ number }) => number).join(' ')})`);
}

/**
 * A write may come twice, and until the relay knows that it arrived an older one may come after it: its repeat then follows.
 * From the moment on that its operation is complete nothing older may come.
 */
function checkStep(step: Step, before: readonly Step[], writes: readonly SettledWrite[]): readonly string[] {
  const write = writes.find(({ number }) => number === step.number);
  if (write === undefined) return [`was set to ${step.number}, which nobody wrote`];
  if (write.fate.kind === 'rejected') return [`was set to ${step.number} by a rejected write`];
  const undone = writes.find(
    ({ number, completedAt }) =>
      number > step.number &&
      completedAt !== undefined &&
      completedAt < step.at &&
      before.some((earlier) => earlier.number === number),
  );
  return undone === undefined ? [] : [`went back from ${undone.number}, which was settled, to ${step.number}`];
}

const isAccepted = ({ fate }: SettledWrite): boolean => fate.kind !== 'in-doubt' && fate.kind !== 'rejected';
