import type { HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { Verb } from '../../../lib/operations/contact-write.ts';
import type { FaultProfile } from '../fault-profile.ts';
import type { KeylessCreates } from '../portal-settings.ts';
import type { Witness, WriteFact } from '../witness.ts';
import { STAGES } from '../workload.ts';

/** What is checked once nothing moves any more. */
export interface AtRest {
  readonly witness: Witness;
  readonly core: HubSpotCore;
  readonly faults: FaultProfile;
  readonly keylessCreates: KeylessCreates;
}

export function checkAtRest(rest: AtRest): void {
  checkAccounting(rest);
  checkCreations(rest);
  checkValues(rest);
  checkSuperseded(rest);
  checkDeadLetters(rest);
  checkPortal(rest);
}

/** D1: each write has an outcome or is a dead letter. */
function checkAccounting({ witness }: AtRest): void {
  for (const key of witness.writes.keys()) {
    if (!witness.outcomes.has(key) && !witness.isDeadLetter(key)) witness.report('D1', `${key} is lost`);
  }
}

/** D8: as many contacts as writes that may make one, for each intent. Waived for keyless creates whom a setting lets be repeated. */
function checkCreations({ witness, keylessCreates }: AtRest): void {
  for (const [tag, ids] of witness.creations) {
    const writes = witness.writesByTag.get(tag) ?? [];
    if (keylessCreates === 'repeat' && writes.some(({ target }) => target.kind === 'nobody')) continue;
    if (ids.length > writes.length) witness.report('D8', `${tag} made ${ids.join(' and ')} in ${writes.length} writes`);
  }
}

const CHECKED = ['city', 'phone', 'company', 'firstname'];

/** D5: each property holds the value of the newest write that was not rejected. */
function checkValues({ witness, core }: AtRest): void {
  const contacts = Map.groupBy(
    [...witness.writes.values()].filter(({ key }) => witness.outcomes.get(key)?.kind !== 'rejected'),
    (fact) => witness.contactOf(fact) ?? 'none',
  );
  for (const [id, facts] of contacts) {
    if (id === 'none') continue;
    const contact = core.contact(core.resolveId(id));
    for (const name of CHECKED) {
      const expected = expectedValues(witness, facts, name);
      const value = contact?.properties[name] ?? '';
      if (expected === undefined || expected.includes(value)) continue;
      witness.report('D5', `${name} of ${id} is ${value || 'empty'} and must be ${expected.join(' or ')}`);
    }
    checkStage(witness, facts, id, contact?.properties['lifecyclestage'] ?? '');
  }
}

/** The newest settled value, or one of a newer dead letter that may have got through. Undefined when nobody set it. */
function expectedValues(witness: Witness, facts: readonly WriteFact[], name: string): readonly string[] | undefined {
  const setting = facts.filter(({ write }) => write.properties[name] !== undefined).sort(newestFirst);
  const settled = setting.find(({ key }) => witness.outcomes.has(key));
  if (settled === undefined) return undefined;
  const maybe = setting.filter(({ order, key }) => order > settled.order && !witness.outcomes.has(key));
  return [settled, ...maybe].map(({ write }) => write.properties[name] ?? '');
}

const newestFirst = (a: WriteFact, b: WriteFact): number => (a.order < b.order ? 1 : -1);

/**
 * A stage that was cleared last must be gone. Else it is the newest, or one that HubSpot did not step back from: also set since it
 * was last cleared. What was before the clear must not be seen any more.
 */
function checkStage(witness: Witness, facts: readonly WriteFact[], id: string, value: string): void {
  const setting = facts.filter(({ write }) => write.properties['lifecyclestage'] !== undefined).sort(newestFirst);
  if (setting.some(({ key }) => !witness.outcomes.has(key))) return;
  const stages = setting.map(({ write }) => write.properties['lifecyclestage'] ?? '');
  const [newest] = stages;
  if (newest === undefined) return;
  const sinceClear = stages.slice(0, stages.includes('') ? stages.indexOf('') : undefined);
  const expected = sinceClear.filter((stage) => STAGES.indexOf(stage) >= STAGES.indexOf(newest));
  if (newest === '' ? value === '' : expected.includes(value)) return;
  witness.report('D5 stage', `lifecyclestage of ${id} is ${value || 'empty'} and must be ${newest || 'empty'}`);
}

/** D5: what is called superseded was: each of its properties was set by a newer write. */
function checkSuperseded({ witness }: AtRest): void {
  for (const [key, outcome] of witness.outcomes) {
    const fact = witness.writes.get(key);
    if (outcome.kind !== 'superseded' || fact === undefined) continue;
    const contact = witness.contactOf(fact);
    for (const name of Object.keys(fact.write.properties)) {
      const isNewer = (other: WriteFact) =>
        other.order > fact.order &&
        other.write.properties[name] !== undefined &&
        witness.outcomes.get(other.key)?.kind !== 'rejected' &&
        witness.contactOf(other) === contact;
      if (![...witness.writes.values()].some(isNewer))
        witness.report('D5', `${key} is superseded, by nothing in ${name}`);
    }
  }
}

/** F4: what may be a dead letter: a create that nothing could recognise and no setting lets be repeated, a message that kills, what crashes took along. */
function checkDeadLetters({ witness, faults, keylessCreates }: AtRest): void {
  const isTroubled =
    faults.crash + faults.storeFailsBefore + faults.storeFailsAfter + faults.storeLandsLate + faults.slow > 0 ||
    faults.sendUnconfirmedLost + faults.sendUnconfirmedStored + faults.duplicate + faults.deleteLost + faults.ghost > 0;
  for (const { reason, keys, isPoison } of witness.deadLetters) {
    if (reason === 'redriven' && (isPoison || isTroubled)) continue;
    const isUnknowable = keys.every((key) => {
      const fact = witness.writes.get(key);
      return fact?.verb === ('create' satisfies Verb) && fact.target.kind === 'nobody';
    });
    if (reason === 'outcome-unknown' && isUnknowable && keylessCreates === 'dead-letter') continue;
    witness.report('F4', `${keys.join(' ')} is a dead letter: ${reason}`);
  }
}

/** F1 and D6 as the simulator itself counted them. */
function checkPortal({ witness, core }: AtRest): void {
  for (const [name, count] of Object.entries(core.statistics().violations)) {
    if (name === 'before-retry-after') continue;
    witness.report(name === 'over-limit' ? 'F1' : 'D6', `HubSpot saw ${name} ${count} times`);
  }
}
