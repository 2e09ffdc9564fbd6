import { contactWritesHandler } from '../http/contact-writes-handler.ts';

/** Accepts single associations of contacts with other objects, those to be made and those to be taken away. */
export const handler = contactWritesHandler('associate', 'dissociate');
