import { z } from 'zod';
import type { Contact } from './core/contact.ts';
import { type HubSpotCore, resettable } from './core/core.ts';
import type { WireAnswer, WireRequest } from './core/wire.ts';

/** Where the simulator is controlled; HubSpot has no such path. */
export const CONTROL_PREFIX = '/_simulator';

const MAX_PAGE = 10_000;

const resetBody = z.strictObject({ only: z.array(z.enum(resettable)).optional() });

type Handler = (core: HubSpotCore, input: { query: URLSearchParams; body: unknown }) => object;

const handlers: Readonly<Record<string, Handler>> = {
  'GET /stats': (core) => core.statistics(),
  'GET /log': (core, { query }) => ({ results: core.log(wholeNumber(query, 'after', 0)) }),
  'GET /settings': (core) => core.settings(),
  'PATCH /settings': (core, { body }) => core.changeSettings(body),
  'GET /faults': (core) => ({ faults: core.faults() }),
  'POST /faults': (core, { body }) => ({ faults: core.addFaults(body) }),
  'DELETE /faults': (core) => {
    core.clearFaults();
    return { faults: [] };
  },
  'POST /reset': (core, { body }) => {
    const parsed = resetBody.safeParse(body ?? {});
    if (!parsed.success) throw new Error(`unusable reset: ${z.prettifyError(parsed.error)}`);
    core.reset(parsed.data.only);
    return { reset: parsed.data.only ?? resettable };
  },
  'GET /contacts': (core, { query }) => {
    const limit = Math.min(wholeNumber(query, 'limit', 100), MAX_PAGE);
    const page = core.contacts(limit + 1, String(wholeNumber(query, 'after', 0)));
    const shown = page.slice(0, limit);
    return {
      total: core.size(),
      results: shown.map(summary),
      ...(page.length > limit && { paging: { next: { after: shown.at(-1)?.id } } }),
    };
  },
};

/** Answers a control call; it never counts as one of HubSpot's, and bad input gets a 400 that says what is wrong. */
export function answerControl(core: HubSpotCore, request: WireRequest): WireAnswer {
  const url = new URL(request.path, 'http://simulator.invalid');
  const path = url.pathname.slice(CONTROL_PREFIX.length);
  try {
    const contactId = /^\/contacts\/(\d+)$/.exec(path)?.[1];
    if (contactId !== undefined && request.method === 'GET') return oneContact(core, contactId);
    const handler = handlers[`${request.method} ${path}`];
    if (!handler) return control(404, { error: `no such control call: ${request.method} ${url.pathname}` });
    return control(200, handler(core, { query: url.searchParams, body: parseJson(request.body) }));
  } catch (error) {
    return control(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

const control = (status: number, body: object): WireAnswer => ({
  status,
  headers: { 'content-type': 'application/json;charset=utf-8' },
  body: JSON.stringify(body),
});

function oneContact(core: HubSpotCore, id: string): WireAnswer {
  const contact = core.contact(core.resolveId(id));
  if (!contact) return control(404, { error: `no contact ${id}` });
  return control(200, { ...summary(contact), versions: contact.versions });
}

function summary(contact: Contact): object {
  const { id, properties, associations, createdAt, updatedAt, archivedAt } = contact;
  return {
    id,
    properties,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    archived: archivedAt !== undefined,
    associations,
  };
}

function parseJson(body: string): unknown {
  if (body.trim() === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    throw new Error('the body is not JSON');
  }
}

function wholeNumber(query: URLSearchParams, name: string, otherwise: number): number {
  const number = Number(query.get(name) ?? otherwise);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`${name} has to be a whole number, 0 or more`);
  return number;
}
