import type { ContactId } from '../operations/contact-write.ts';

/** What HubSpot says of an association of a contact that is not there, worded as observed on v4. */
export const noSuchContact = (id: ContactId) => ({
  httpStatus: 400,
  error: {
    status: 'error',
    category: 'VALIDATION_ERROR',
    message: 'One or more associations are invalid',
    context: { INVALID_OBJECT_IDS: [`CONTACT=${id} is not valid`], objectId: [id], objectType: ['CONTACT'] },
  } as const,
});
