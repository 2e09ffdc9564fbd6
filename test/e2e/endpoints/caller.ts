import { Client } from '@hubspot/api-client';
import type { RecordingDoor } from './recording-door.ts';

/** Somebody who uses HubSpot's API: HubSpot itself, or the relay in its place. */
export interface Caller {
  /** The official SDK. */
  readonly crm: Client['crm'];
  /** Where the SDK has no such call, or keeps a caller from sending what is wrong. Gives the answer's body. */
  readonly send: (method: string, path: string, body?: unknown) => Promise<unknown>;
  /** An e-mail that no other case uses. */
  readonly email: (name?: string) => string;
  /** A name for a property or group that no other case uses. */
  readonly name: (name: string) => string;
}

/** Gives a caller at a door, for the `turn`th case. */
export function callerAt(door: RecordingDoor, accessToken: string, turn: number): Caller {
  return {
    crm: new Client({ accessToken, basePath: door.url }).crm,
    send: async (method, path, body) => {
      const answer = await fetch(`${door.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return text === '' ? undefined : JSON.parse(text);
    },
    email: (name = 'ada') => `${name}-${turn}@example.com`,
    name: (name) => `${name}_${turn}`,
  };
}

/** Makes a call that may be refused: what was answered is compared, not whether the SDK throws. */
export async function attempt(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'number')) throw error;
  }
}

/** Makes a contact and gives its id. */
export async function aContact({ crm, email }: Caller, properties: Record<string, string> = {}): Promise<string> {
  const { id } = await crm.contacts.basicApi.create({ properties: { email: email('owner'), ...properties } });
  return id;
}
