import { type LedgerName, nameOfId, nameOfKey } from '../directory/contact-ledger.ts';
import { type ContactId, normaliseEmail } from '../operations/contact-write.ts';

const EMAIL_NAME: string = nameOfKey('email', '');

type Properties = Readonly<Record<string, string | null>> | undefined;

/** What is asked for of a contact to know all e-mails that lead to it. */
export const EMAIL_PROPERTIES = ['email', 'hs_additional_emails'] as const;

const namesOf = (emails: string | null | undefined): LedgerName[] =>
  (emails ?? '').split(';').flatMap((email) => (email.trim() === '' ? [] : nameOfKey('email', normaliseEmail(email))));

/** The name under which a contact is kept: its primary e-mail, or its id when it has none. */
export const mainNameOf = (id: ContactId, properties: Properties): LedgerName =>
  namesOf(properties?.['email'])[0] ?? nameOfId(id);

/** All e-mails that lead to a contact, as far as an answer shows them. */
export const emailNamesOf = (properties: Properties): readonly LedgerName[] =>
  EMAIL_PROPERTIES.flatMap((property) => namesOf(properties?.[property]));

/** The home that a name leads to, by way of as many names as there are; of names that lead in a circle, the first in order. */
export function homeIn(homes: ReadonlyMap<LedgerName, LedgerName>, name: LedgerName): LedgerName {
  const first = homes.get(name);
  if (first === undefined || first === name) return name;
  let home = name;
  const met = new Set([name]);
  for (let next = homes.get(home); next !== undefined && next !== home; next = homes.get(home)) {
    if (met.has(next)) return [...met].sort()[0] ?? name;
    met.add(next);
    home = next;
  }
  return home;
}

/** The e-mail that a name is made of; undefined for other names. */
export const emailOfName = (name: LedgerName | undefined): string | undefined =>
  name?.startsWith(EMAIL_NAME) === true ? name.slice(EMAIL_NAME.length) : undefined;
