import { contactWritesHandler } from '../http/contact-writes-handler.ts';

/** Accepts updates of contacts, one by one and in batches. */
export const handler = contactWritesHandler('update');
