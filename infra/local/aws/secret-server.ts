import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { closeServer, listenLocally } from './local-server.ts';

/** The embedded Secrets Manager: it answers GetSecretValue and nothing else. */
export interface SecretServer {
  readonly url: string;
  close(): Promise<void>;
}

const request = z.looseObject({ SecretId: z.string() });

/** Starts it on 127.0.0.1. `values` maps a secret's ARN to its text; any other id is not found. */
export async function startSecretServer(values: ReadonlyMap<string, string>): Promise<SecretServer> {
  const server = createServer(async (incoming, response) => {
    const body = await text(incoming).catch(() => '');
    if (incoming.headers['x-amz-target'] !== 'secretsmanager.GetSecretValue') {
      answer(response, 400, { __type: 'UnknownOperationException', message: 'only GetSecretValue is here' });
      return;
    }
    const asked = request.safeParse(parseJson(body));
    const value = asked.success ? values.get(asked.data.SecretId) : undefined;
    if (!asked.success || value === undefined) {
      answer(response, 400, {
        __type: 'ResourceNotFoundException',
        Message: "Secrets Manager can't find the specified secret.",
      });
      return;
    }
    answer(response, 200, {
      ARN: asked.data.SecretId,
      Name: asked.data.SecretId.split(':').at(-1),
      SecretString: value,
      VersionId: '00000000-0000-0000-0000-000000000001',
      VersionStages: ['AWSCURRENT'],
    });
  });
  const url = await listenLocally(server);
  return { url, close: () => closeServer(server) };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
