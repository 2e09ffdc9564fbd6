import { contactWritesHandler } from '../http/contact-writes-handler.ts';

/** Accepts archives of contacts, one by one and in batches. */
export const handler = contactWritesHandler('archive');
