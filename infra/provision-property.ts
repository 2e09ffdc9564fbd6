import { z } from 'zod';

/** A property that cannot be provided. The message is one or two sentences for a person: what is wrong, and what to do. */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError';
}

/** Which portal, and the name of the property. */
export interface Provision {
  readonly property: string;
  readonly baseUrl: string;
  readonly token: string;
}

/** What HubSpot's internal names look like. */
const PROPERTY_NAME = /^[a-z][a-z0-9_]{0,99}$/;
const PATH = '/crm/v3/properties/contacts';
const TIMEOUT_MS = 30_000;

const definitionShape = z.object({ hasUniqueValue: z.boolean().default(false), type: z.string() });
const errorShape = z.object({ message: z.string() });

/**
 * Makes sure that contacts of the portal have a unique text property of this name: `created` it, or found that it `exists`.
 *
 * @throws ProvisionError when there is one that is not unique or no text, when HubSpot refuses, or does not answer.
 */
export async function provisionProperty(wanted: Provision): Promise<'created' | 'exists'> {
  if (!PROPERTY_NAME.test(wanted.property)) {
    throw new ProvisionError(
      'a property name is up to 100 lower-case letters, digits and underscores, a letter first, such as relay_write_id',
    );
  }
  if (await isThere(wanted)) return 'exists';
  const answer = await call(wanted, 'POST', PATH, definitionOf(wanted.property));
  if (answer.status === 201) return 'created';
  // Somebody else was quicker.
  if (answer.status === 409 && (await isThere(wanted))) return 'exists';
  throw refused(answer);
}

/** A technical text that no form asks for. `hasUniqueValue` can only be said when a property is made (unique properties, HubSpot changelog). */
const definitionOf = (name: string) => ({
  name,
  label: 'Relay write id',
  description:
    'Written by HubSpot Relay: names the request that created the contact, so that it is not created twice. Do not edit.',
  groupName: 'contactinformation',
  type: 'string',
  fieldType: 'text',
  hasUniqueValue: true,
  formField: false,
});

async function isThere(wanted: Provision): Promise<boolean> {
  const { property } = wanted;
  const answer = await call(wanted, 'GET', `${PATH}/${property}`);
  if (answer.status === 404) return false;
  const definition = definitionShape.safeParse(answer.body);
  if (answer.status !== 200 || !definition.success) throw refused(answer);
  if (definition.data.hasUniqueValue && definition.data.type === 'string') return true;
  const fault = definition.data.hasUniqueValue ? `is no text but a ${definition.data.type}` : 'is not unique';
  throw new ProvisionError(
    `the portal has a property ${property} that ${fault}, and HubSpot does not change that: choose another name with --property, or delete it in HubSpot's settings and run this again`,
  );
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function call({ baseUrl, token }: Provision, method: string, path: string, body?: object): Promise<Answer> {
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, '')}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: parseJson(await response.text()) };
  } catch {
    // The cause may quote headers, and with them the token.
    throw new ProvisionError(`HubSpot cannot be reached at ${baseUrl}: check HUBSPOT_BASE_URL and the network`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused({ status, body }: Answer): ProvisionError {
  if (status === 401) return new ProvisionError('HubSpot does not know the token: check HUBSPOT_ACCESS_TOKEN');
  if (status === 403) {
    return new ProvisionError(
      'the token may not make properties: give it the scopes crm.schemas.contacts.read and crm.schemas.contacts.write',
    );
  }
  const error = errorShape.safeParse(body);
  return new ProvisionError(`HubSpot answered ${status}: ${error.success ? error.data.message : 'without a reason'}`);
}
