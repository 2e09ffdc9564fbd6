import type { HubSpotAnswer, HubSpotClient, HubSpotRequest } from '../../lib/hubspot/hubspot-answer.ts';

/** One call as HubSpot got it. */
export interface SeenCall {
  readonly request: HubSpotRequest;
  readonly inputs: readonly SeenInput[];
}

export interface SeenInput {
  readonly id?: string;
  readonly idProperty?: string;
  readonly properties: Record<string, string>;
  readonly objectWriteTraceId: string;
}

export interface ScriptedHubSpot extends HubSpotClient {
  readonly calls: readonly SeenCall[];
}

/** A HubSpot that answers each call by the next line of a script, and any further call by the last one. */
export function createScriptedHubSpot(...script: ((call: SeenCall) => HubSpotAnswer)[]): ScriptedHubSpot {
  const calls: SeenCall[] = [];
  return {
    calls,
    async call(request) {
      const body = request.body as { inputs?: SeenInput[] } | undefined;
      const call = { request, inputs: body?.inputs ?? [] };
      calls.push(call);
      const line = script[Math.min(calls.length, script.length) - 1];
      if (line === undefined) throw new Error(`nothing is scripted for ${request.method} ${request.path}`);
      return line(call);
    },
  };
}

export const answered = (status: number, body: unknown, retryAfter?: number): HubSpotAnswer =>
  ({ kind: 'answered', status, body, ...(retryAfter !== undefined && { retryAfter }) }) as HubSpotAnswer;

/** Carries out every input, ids counting from `firstId`; in reverse order, as HubSpot may. */
export const carriesOut =
  (firstId = 1) =>
  ({ inputs }: SeenCall): HubSpotAnswer =>
    answered(200, {
      results: inputs
        .map((input, n) => ({
          id: input.idProperty === undefined && input.id !== undefined ? input.id : String(firstId + n),
          properties: { ...input.properties, ...(input.idProperty !== undefined && { [input.idProperty]: input.id }) },
        }))
        .reverse(),
    });
