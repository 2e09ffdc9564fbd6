import type { Change } from '../../../infra/local/hubspot/core/contact-store.ts';
import type { HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import { FUNCTION_TIMEOUT } from '../function-timeout.ts';
import { haveInCommon, type Witness, type WriteFact } from '../witness.ts';

/** For so long an answer of HubSpot's on whom an e-mail leads to is believed (README, Limits); then an invocation and a late commit. */
const IN_USE_FOR = FUNCTION_TIMEOUT + 120_000;
const BELIEVED_FOR = 10 * 60_000 + IN_USE_FOR;
const CHECKED = ['city', 'phone', 'company', 'firstname'];

/**
 * Nobody is written to by an e-mail that leads elsewhere, or to nobody, for longer than an answer is believed. But what is in doubt may have
 * been carried out before its contact got another one, by the very call that gave it that: it goes there again.
 */
export function checkWrittenTo(witness: Witness, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind !== 'contact-changed') continue;
    for (const name of CHECKED) {
      for (const { target, tag, key, write } of witness.writesByTag.get(change.values[name] ?? '') ?? []) {
        if (target.kind !== 'email') continue;
        // A change of e-mail that was made before, by a try of which nobody heard or by a person, is made to the same contact again.
        const given = (write.properties['email'] ?? '').trim().toLowerCase();
        const names = given === '' ? [target.email] : [target.email, given];
        if (names.some((name) => witness.history.hadSince(change.id, name, change.at - BELIEVED_FOR))) continue;
        if (witness.wasInDoubt(target.email, change.at - IN_USE_FOR, witness.storedAt.get(key) ?? 0)) continue;
        witness.report(
          'D5 name',
          `${key} (${tag}) by ${target.email} is written to ${change.id}, which does not have it`,
        );
      }
    }
  }
}

/**
 * D5 where contacts change their e-mails: each property holds the newest of what was delivered to that very contact. What came by its
 * record id and by the e-mail that it had first is one order; by any other e-mail, which the relay may not know to be its, another. Of one
 * whose e-mail a person changed and another contact has by now, order is lost with that (README, Limits).
 */
export function checkRenamedValues(witness: Witness, core: HubSpotCore): void {
  const isDelivered = ({ key }: WriteFact) => ['created', 'updated'].includes(witness.outcomes.get(key)?.kind ?? '');
  for (const [id, commits] of Map.groupBy(witness.commits, (commit) => commit.id)) {
    if (isOrderLost(witness, id)) continue;
    const contact = core.contact(id);
    for (const name of CHECKED) {
      const values = new Set(commits.flatMap((commit) => commit.values[name] ?? []));
      const reached = [...values].flatMap((value) => reachedBy(witness, id, value));
      const setting = reached.filter(isDelivered);
      const orders = [...Map.groupBy(setting, (fact) => orderNameOf(witness, id, fact)).values()];
      const newest = orders.flatMap((facts) => facts.sort(newestFirst)[0] ?? []);
      const open = [...witness.writes.values()].filter(({ key }) => !witness.outcomes.has(key));
      // What is newer than a change of e-mail, by the former one, is meant for another contact, whatever was done of it before.
      const renames = setting.filter(({ write }) => write.properties['email'] !== undefined);
      const lost = reached.filter((fact) => isLost(witness, fact) && witness.history.wasRenamed(id));
      const expected = [...newest, ...renames, ...lost, ...open].flatMap(({ write }) => write.properties[name] ?? []);
      const value = contact?.properties[name] ?? '';
      if (newest.length > 0 && !expected.includes(value))
        witness.report('D5', `${name} of ${id} is ${value || 'empty'} and must be ${expected.join(' or ')}`);
    }
  }
}

/** The writes of a value that a contact got; of several that bring the same, those that were not told to have gone to another. */
function reachedBy(witness: Witness, id: string, value: string): readonly WriteFact[] {
  const facts = witness.writesByTag.get(value) ?? [];
  return facts.filter(({ key }) => {
    const outcome = witness.outcomes.get(key);
    const told = outcome !== undefined && 'id' in outcome ? outcome.id : undefined;
    return facts.length === 1 || told === undefined || told === id;
  });
}

/**
 * By an e-mail that led elsewhere when it was repeated, since its answer was lost: it is told what became of the repetition, whose contact is
 * nobody, or another who has what newer writes by the e-mail brought, or cannot have the e-mail that the first got (README, Limits).
 */
const isLost = (witness: Witness, { key, target }: WriteFact): boolean =>
  target.kind === 'email' && ['rejected', 'superseded'].includes(witness.outcomes.get(key)?.kind ?? '');

/** The contact that has the former e-mail has the home, and with it the fence, of the one whom a person renamed. */
export const isOrderLost = ({ history, renamedByPerson }: Witness, id: string): boolean =>
  renamedByPerson.has(id) && history.wasSucceeded(id);

const orderNameOf = ({ history, renamedByPerson }: Witness, id: string, { target }: WriteFact): string => {
  if (target.kind !== 'email') return '';
  const isKept = target.email === history.firstOf(id) && !history.hasLost(id, target.email) && !renamedByPerson.has(id);
  return isKept ? '' : target.email;
};

const newestFirst = (a: WriteFact, b: WriteFact): number => (a.order < b.order ? 1 : -1);

/** D5 where contacts change their e-mails: what is called superseded was, by a write of a contact that ever had a name in common. */
export function checkRenamedSuperseded(witness: Witness): void {
  for (const [key, outcome] of witness.outcomes) {
    const fact = witness.writes.get(key);
    if (outcome.kind !== 'superseded' || fact === undefined) continue;
    if (outcome.id === undefined && wentToRenamed(witness, fact)) continue;
    const names = witness.namesEverOf(fact.target);
    const newer = [...witness.writes.values()].filter(
      (other) =>
        other.order > fact.order &&
        witness.outcomes.get(other.key)?.kind !== 'rejected' &&
        haveInCommon(witness.namesEverOf(other.target), names),
    );
    for (const name of Object.keys(fact.write.properties)) {
      if (!newer.some(({ write }) => write.properties[name] !== undefined))
        witness.report('D5', `${key} (${fact.tag}) is superseded, by nothing in ${name}`);
    }
  }
}

/** It was delivered, of which only the fence told, and its contact has another name since, by which nobody finds the id any more. */
const wentToRenamed = (witness: Witness, { tag, write }: WriteFact): boolean =>
  write.properties['email'] === undefined &&
  witness.commits.some(({ id, values }) => Object.values(values).includes(tag) && witness.history.wasRenamed(id));
