import { type Call, isSimplified } from './call.ts';
import { contactView, type Shown } from './contact-view.ts';

/** What answers show of properties by name, under this call's settings. */
export function shownProperties(call: Call, properties: readonly string[]): Shown {
  const { settings, store, version } = call;
  const hasWarnings = settings.contactWarnings === 'empty' && !isSimplified(version);
  return { properties, known: (name) => store.definitions.has(name), settings, hasWarnings };
}

interface WrittenInput {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly idProperty?: string | undefined;
  readonly objectWriteTraceId?: string | undefined;
}

/** A written contact as answers to writes show it: the properties that were sent, and the one it was addressed by. */
export function writtenView(call: Call, id: string, input: WrittenInput, echoTraceId = false): Record<string, unknown> {
  const contact = call.store.get(id);
  if (!contact) throw new Error(`contact ${id} was written and is not there`);
  const names = [...Object.keys(input.properties ?? {}), ...(input.idProperty ? [input.idProperty] : [])];
  return {
    ...contactView(contact, shownProperties(call, names)),
    ...(echoTraceId && input.objectWriteTraceId !== undefined && { objectWriteTraceId: input.objectWriteTraceId }),
  };
}
