import { isRecord } from '../../../lib/accept/is-record.ts';
import { UNIQUE } from './unique-property.ts';

/** An answer, masked. */
export interface Seen {
  readonly status: number;
  readonly body: unknown;
}

/** How an answer of the relay differs: both are brought to what they must still have in common. */
interface Difference {
  readonly ofHubSpot: (answer: Seen) => Seen;
  readonly ofRelay: (answer: Seen) => Seen;
}

/** The remarks of the README's table, by their letters. What a remark does not speak of stays as it is, and has to be equal. */
export const remarks = {
  /** Batches tell of the operation. */
  a: { ofHubSpot: asItIs, ofRelay: (answer) => without(answer, 'requestedAt', 'links') },
  /** An update by e-mail, or by a unique property, does not repeat that. */
  b: { ofHubSpot: withoutKey, ofRelay: asItIs },
  /** A single write that HubSpot refuses has a batch's words. */
  c: { ofHubSpot: kindOfRefusal, ofRelay: kindOfRefusal },
  /** Faulty values say where they stand, and do not repeat themselves. */
  d: { ofHubSpot: codesOnly, ofRelay: codesOnly },
  /** Other faults that the relay finds have its own words. */
  e: { ofHubSpot: categoryOnly, ofRelay: categoryOnly },
  /** A batch without inputs is refused, where HubSpot does nothing and calls it done. */
  f: {
    ofHubSpot: (answer) => (answer.status < 300 && listIn(answer, 'results').length === 0 ? AGREED : answer),
    ofRelay: (answer) => (answer.status === 400 ? AGREED : answer),
  },
  /** An input that is refused takes nobody with it. */
  g: {
    ofHubSpot: (answer) => (answer.status === 409 || answer.status === 400 ? AGREED : answer),
    ofRelay: (answer) => (answer.status === 207 && listIn(answer, 'errors').length === 1 ? AGREED : answer),
  },
  /** Batches are taken that HubSpot refuses for their form. */
  h: {
    ofHubSpot: (answer) => (answer.status === 400 ? AGREED : answer),
    ofRelay: (answer) => (answer.status === 204 || listIn(answer, 'results').length > 0 ? AGREED : answer),
  },
  /** Each input that is not there has an error of its own. */
  i: { ofHubSpot: asItIs, ofRelay: inOneError },
  /** Links to further pages lead to the relay. */
  j: { ofHubSpot: withoutHost, ofRelay: withoutHost },
  /** Results have the trace ids that their inputs had. */
  k: { ofHubSpot: asItIs, ofRelay: withoutTraceIds },
  /** Whoever is gone already is deleted. */
  l: {
    ofHubSpot: (answer) => (answer.status === 404 ? AGREED : answer),
    ofRelay: (answer) => (answer.status === 204 ? AGREED : answer),
  },
  /** An association of v3 is answered with the contact's id alone. */
  m: { ofHubSpot: withoutContents, ofRelay: withoutContents },
  /** An upsert by record id, which could make nobody, is refused. */
  n: {
    ofHubSpot: (answer) => (answer.status === 200 ? AGREED : answer),
    ofRelay: (answer) => (answer.status === 400 ? AGREED : answer),
  },
} satisfies Record<string, Difference>;

export type Remark = keyof typeof remarks;

/** Both did what the remark says. */
const AGREED: Seen = { status: 0, body: 'as the remark says' };

function asItIs(answer: Seen): Seen {
  return answer;
}

function fieldsOf({ body }: Seen): Readonly<Record<string, unknown>> {
  return isRecord(body) ? body : {};
}

function listIn(answer: Seen, field: string): readonly unknown[] {
  const list = fieldsOf(answer)[field];
  return Array.isArray(list) ? list : [];
}

function without(answer: Seen, ...names: readonly string[]): Seen {
  if (!isRecord(answer.body)) return answer;
  return {
    ...answer,
    body: Object.fromEntries(Object.entries(answer.body).filter(([name]) => !names.includes(name))),
  };
}

function withoutKey(answer: Seen): Seen {
  const { properties } = fieldsOf(answer);
  if (!isRecord(properties)) return answer;
  const { email: _email, [UNIQUE]: _unique, ...rest } = properties;
  return { ...answer, body: { ...fieldsOf(answer), properties: rest } };
}

function withoutContents(answer: Seen): Seen {
  return without(answer, 'properties', 'associations');
}

function kindOfRefusal(answer: Seen): Seen {
  if (answer.status === 409) return without(answer, 'context');
  return answer.status === 404 ? without(answer, 'message', 'category', 'context') : answer;
}

function codesOnly(answer: Seen): Seen {
  if (answer.status !== 400) return answer;
  const errors = listIn(answer, 'errors').map((error) => {
    const { code, context } = isRecord(error) ? error : {};
    return { code, propertyName: isRecord(context) ? context['propertyName'] : undefined };
  });
  const { message } = fieldsOf(answer);
  const beginning = String(message).split(': ')[0];
  return { ...answer, body: { ...fieldsOf(answer), errors, message: beginning } };
}

function categoryOnly(answer: Seen): Seen {
  return answer.status === 400 ? without(answer, 'message', 'errors') : answer;
}

function inOneError(answer: Seen): Seen {
  const errors = listIn(answer, 'errors').filter(isRecord);
  const [first] = errors;
  if (first === undefined) return answer;
  const ids = errors.flatMap(({ context }) =>
    isRecord(context) && Array.isArray(context['ids']) ? context['ids'] : [],
  );
  return { ...answer, body: { ...fieldsOf(answer), numErrors: 1, errors: [{ ...first, context: { ids } }] } };
}

function withoutTraceIds(answer: Seen): Seen {
  const results = listIn(answer, 'results')
    .filter(isRecord)
    .map(({ objectWriteTraceId: _, ...result }) => result);
  return { ...answer, body: { ...fieldsOf(answer), results } };
}

function withoutHost(answer: Seen): Seen {
  const { paging } = fieldsOf(answer);
  if (!isRecord(paging) || !isRecord(paging['next'])) return answer;
  const { next } = paging;
  const link = String(next['link']).replace(/^https?:\/\/[^/]+(\/sync)?/, '');
  return { ...answer, body: { ...fieldsOf(answer), paging: { ...paging, next: { ...next, link } } } };
}
