import { createHubSpotCore, type HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { Settings } from '../../../infra/local/hubspot/core/settings.ts';
import type { WireAnswer, WireRequest } from '../../../infra/local/hubspot/core/wire.ts';

export const CONTACTS = '/crm/v3/objects/contacts';
export const START = Date.parse('2026-11-02T08:00:00Z');

/** An entry of `errors`, in a batch or in a refusal. */
interface ReadError {
  readonly code: string;
  readonly category: string;
  readonly message: string;
  readonly subCategory: string;
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** A contact, or a property definition, as an answer shows it. */
interface ReadRecord {
  readonly id: string;
  readonly name: string;
  readonly new: boolean;
  readonly objectWriteTraceId: string;
  readonly properties: Readonly<Record<string, string | null>>;
  readonly options: readonly { readonly value: string; readonly displayOrder: number }[];
  readonly modificationMetadata: object;
  /** Of a read of associations. */
  readonly to: readonly object[];
  readonly paging: { readonly next: { readonly after: string; readonly link: string } };
}

/** Whatever a body may hold; a test reads what it expects and fails on what is not there. */
export interface ReadBody extends ReadRecord {
  readonly status: string;
  readonly message: string;
  readonly category: string;
  readonly correlationId: string;
  readonly context: object;
  readonly results: readonly [ReadRecord, ReadRecord, ...ReadRecord[]];
  readonly errors: readonly [ReadError, ...ReadError[]];
  readonly numErrors: number;
  readonly total: number;
  readonly updatedAt: string;
  readonly hasUniqueValue: boolean;
  readonly associations: object;
  readonly propertiesWithHistory: Readonly<Record<string, readonly object[]>>;
}

/** An answer with its body read, if it has one. */
export interface ReadAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReadBody;
}

/** A portal whose clock and chance the test owns. */
export interface Portal {
  readonly core: HubSpotCore;
  readonly send: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => ReadAnswer;
  /** POST to one of the contact paths. */
  readonly post: (path: string, body?: unknown) => ReadAnswer;
  readonly advance: (ms: number) => void;
  /** Creates a contact and gives its id. */
  readonly create: (properties: Record<string, string>) => string;
  /** Defines a unique property of texts. */
  readonly defineKey: (name: string) => void;
  /** The stored properties of a contact. */
  readonly properties: (id: string) => Readonly<Record<string, string>> | undefined;
}

export function request(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): WireRequest {
  return {
    method,
    path,
    headers: { authorization: 'Bearer simulator-token', 'content-type': 'application/json', ...headers },
    body: body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body),
  };
}

export const readAnswer = (answer: WireAnswer): ReadAnswer => ({
  status: answer.status,
  headers: answer.headers,
  body: answer.body === '' ? '' : JSON.parse(answer.body),
});

/** A small generator of numbers in [0, 1), the same ones for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A portal with results in the order of inputs, unless set otherwise, so that tests read simply. */
export function aPortal(settings: Partial<Settings> = {}): Portal {
  let now = START;
  const core = createHubSpotCore({
    now: () => now,
    random: seededRandom(7),
    settings: { resultOrder: 'input', limit: 10_000, ...settings },
  });
  const send: Portal['send'] = (method, path, body, headers) =>
    readAnswer(core.handle(request(method, path, body, headers)));
  return {
    core,
    send,
    post: (path, body) => send('POST', `${CONTACTS}${path}`, body),
    advance: (ms) => {
      now += ms;
    },
    create: (properties) => {
      const answer = send('POST', CONTACTS, { properties });
      if (answer.status !== 201) throw new Error(`create was answered ${answer.status}: ${answer.body.message}`);
      return answer.body.id;
    },
    defineKey: (name) => {
      const kind = { type: 'string', fieldType: 'text', groupName: 'contactinformation', hasUniqueValue: true };
      const { status } = send('POST', '/crm/v3/properties/contacts', { name, label: name, ...kind });
      if (status !== 201) throw new Error(`the property was answered ${status}`);
    },
    properties: (id) => core.contact(core.resolveId(id))?.properties,
  };
}
