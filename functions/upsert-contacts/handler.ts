import { contactWritesHandler } from '../http/contact-writes-handler.ts';

/** Accepts upserts of contacts, one by one and in batches. */
export const handler = contactWritesHandler('upsert');
