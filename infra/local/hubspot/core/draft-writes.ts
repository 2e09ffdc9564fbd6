import type { Call } from './call.ts';
import { checkValues, type RawValue } from './check-values.ts';
import type { Association, Contact } from './contact.ts';
import type { Change } from './contact-store.ts';
import { splitEmails } from './email-address.ts';
import { alreadyExists, emailBlocked, invalid, invalidValues, type Refusal, valueTaken } from './refusal.ts';
import { keysOf } from './unique-keys.ts';

/** A write that passed every check and waits for the fate of its batch. */
export interface Draft {
  readonly kind: 'create' | 'update';
  readonly id: string;
  readonly values: Readonly<Record<string, string>>;
  readonly associations: readonly Association[];
}

type Values = Readonly<Record<string, string>>;
type RawValues = Readonly<Record<string, RawValue>>;

/** Checks the writes of one call; later ones see the unique values that earlier ones claim. */
export interface Drafting {
  /** `verb` says whose rules hold: only a plain create needs a name or an e-mail, and conflicts with a 409. */
  readonly create: (verb: 'create' | 'upsert', raw: RawValues, associations: readonly Association[]) => Draft | Refusal;
  readonly update: (contact: Contact, raw: RawValues) => Draft | Refusal;
}

/** Starts the drafts of one call. */
export function startDrafting(call: Call): Drafting {
  const { store, settings } = call;
  const claimed = new Map<string, string>();
  const unique = store.uniqueProperties;
  const claimName = (property: string, value: string) => `${property}\n${value}`;
  const ownerOf = (property: string, value: string) =>
    claimed.get(claimName(property, value)) ?? store.ownerOf(property, value);
  const check = (raw: RawValues) => checkValues(store.definitions, raw, settings, call.version === '2026-09');

  const claim = (id: string, values: Values) => {
    for (const [property, value] of keysOf(values, unique)) claimed.set(claimName(property, value), id);
  };

  const collision = (id: string, values: Values): Refusal | undefined => {
    for (const [property, value] of keysOf(values, unique)) {
      const owner = ownerOf(property, value);
      if (owner !== undefined && owner !== id) return valueTaken(settings, property, value, id, owner);
    }
    return undefined;
  };

  return {
    create: (verb, raw, associations) => {
      const { values, faults } = check(raw);
      if (faults.length > 0) return invalidValues(faults, settings.portalId);
      const email = values['email'] ?? '';
      if (verb === 'create' && !email && !values['firstname'] && !values['lastname']) {
        return invalid('A contact needs at least one of these properties: email, firstname, lastname');
      }
      if (store.isBlocked(email)) return emailBlocked(settings);
      const owner = verb === 'create' && email !== '' ? ownerOf('email', email) : undefined;
      const exists = (holder: string) => {
        const withinBatch = claimed.get(claimName('email', email)) !== undefined;
        return alreadyExists(holder, withinBatch && settings.sameEmailInOneCreate === 'whole-batch');
      };
      if (owner !== undefined && settings.firstConflict === 'email') return exists(owner);
      const id = store.allocateId();
      const refused = collision(id, owner === undefined ? values : { ...values, email: '' });
      if (refused)
        return { ...refused, sinksBatch: verb === 'create' && settings.takenValueOnCreate === 'whole-batch' };
      if (owner !== undefined) return exists(owner);
      claim(id, values);
      return { kind: 'create', id, values, associations };
    },

    update: (contact, raw) => {
      const { values, faults } = check(raw);
      if (faults.length > 0) return invalidValues(faults, settings.portalId);
      if (store.isBlocked(values['email'] ?? '')) return emailBlocked(settings);
      const refused = collision(contact.id, values);
      if (refused) return refused;
      claim(contact.id, values);
      return { kind: 'update', id: contact.id, values, associations: [] };
    },
  };
}

/** Stores drafts, in their order and as one step. */
export function commitDrafts(call: Call, drafts: readonly Draft[]): void {
  const pending = new Map<string, Values>();
  const changes = drafts.flatMap((draft): Change[] => {
    const at = call.now;
    if (draft.kind === 'create') {
      const values = { ...draft.values, ...stageDate(undefined, draft.values, at) };
      return [
        { kind: 'contact-created', id: draft.id, at, values: withoutCleared(values), associations: draft.associations },
      ];
    }
    const before: Values = { ...call.store.get(draft.id)?.properties, ...pending.get(draft.id) };
    const values = settledValues(call, before, draft.values);
    pending.set(draft.id, { ...pending.get(draft.id), ...values });
    return Object.keys(values).length === 0 ? [] : [{ kind: 'contact-changed', id: draft.id, at, values }];
  });
  if (changes.length > 0) call.commit(changes);
}

/** What of an update takes effect: changed values, and no lifecycle stage that goes backward. */
function settledValues(call: Call, before: Values, given: Values): Values {
  const values = Object.fromEntries(
    Object.entries(given).filter(
      ([name, value]) => value !== (before[name] ?? '') && !isBackward(call, before, name, value),
    ),
  );
  return {
    ...values,
    ...secondaryEmails(call, before, values),
    ...stageDate(before['lifecyclestage'], values, call.now),
  };
}

/** A secondary e-mail that becomes the primary one is secondary no longer; the one that it replaces may become so. */
function secondaryEmails({ settings }: Call, before: Values, values: Values): Values {
  const email = values['email'];
  if (email === undefined) return {};
  const secondary = splitEmails(values['hs_additional_emails'] ?? before['hs_additional_emails'] ?? '');
  const replaced = settings.replacedEmail === 'secondary' && email !== '' ? splitEmails(before['email'] ?? '') : [];
  const kept = new Set([...secondary, ...replaced]);
  kept.delete(email);
  return kept.size === secondary.length && secondary.every((each) => kept.has(each))
    ? {}
    : { hs_additional_emails: [...kept].join(';') };
}

/** HubSpot moves a lifecycle stage forward only; a backward write succeeds and does nothing. Clearing works. */
function isBackward(call: Call, before: Values, name: string, value: string): boolean {
  if (name !== 'lifecyclestage' || value === '' || call.settings.lifecycleRegression === 'apply') return false;
  const options = call.store.definitions.get(name)?.options ?? [];
  const order = (stage: string | undefined) => options.find((option) => option.value === stage)?.displayOrder ?? -1;
  return order(value) < order(before[name]);
}

/** HubSpot notes when a stage was entered, in a property of its own. */
function stageDate(before: string | undefined, values: Values, at: number): Values {
  const stage = values['lifecyclestage'];
  return stage && stage !== before ? { [`hs_lifecyclestage_${stage}_date`]: new Date(at).toISOString() } : {};
}

const withoutCleared = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
