import { failure, type Reply } from './wire.ts';

/** A single record that is not there; a numeric id gets the bare message, anything else the other one. */
export function notFound(id: string): Reply {
  if (/^\d+$/.test(id)) return failure(404, { message: 'resource not found' });
  return failure(404, {
    message: 'Object not found.  objectId are usually numeric.',
    context: { id: [id] },
    category: 'OBJECT_NOT_FOUND',
  });
}
