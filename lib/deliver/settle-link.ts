import type { ContactId } from '../operations/contact-write.ts';
import type { Answer, WriteError } from '../operations/outcome.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { EntryLink } from './entry-links.ts';
import { noSuchContact } from './no-such-contact.ts';
import type { PendingWrite } from './pending-write.ts';

/** What a write does to associations; those of an update or upsert are made. */
export const linkVerbOf = ({ verb }: PendingWrite): 'associate' | 'dissociate' =>
  verb === 'dissociate' ? 'dissociate' : 'associate';

/** Decides one association, and with it its write, unless that has others. */
export function settleLink(
  { of, position, toType, toId }: EntryLink,
  result: 'done' | 'superseded',
  id: ContactId | undefined,
  state: DeliveryState,
  body?: Answer['body'],
): void {
  const { index } = of.write;
  if (state.isFollowUp(of)) {
    const outcome = result === 'done' ? 'associated' : 'superseded';
    state.decideLink(of, position, { toObjectType: toType, toObjectId: toId, outcome });
  } else if (result === 'superseded' || id === undefined) {
    state.settle(of, { kind: 'superseded', index, ...(id !== undefined && { id }) });
  } else {
    state.settle(of, { kind: of.verb === 'dissociate' ? 'dissociated' : 'associated', index, id }, body);
  }
}

/** HubSpot refused it for good. Whose properties are written keeps them: only the association is rejected. */
export function rejectLink(
  { of, position, toType, toId }: EntryLink,
  { httpStatus, error }: { readonly httpStatus: number; readonly error: WriteError },
  state: DeliveryState,
): void {
  if (state.isFollowUp(of))
    state.decideLink(of, position, { toObjectType: toType, toObjectId: toId, outcome: 'rejected', error });
  else state.settle(of, { kind: 'rejected', index: of.write.index, httpStatus, error }, error);
}

/** There is no such contact: nothing can be associated with it, and nothing is left to be taken away. */
export function settleLinksOfNobody(links: readonly EntryLink[], id: ContactId, state: DeliveryState): void {
  for (const link of links) {
    if (linkVerbOf(link.of) === 'dissociate') settleLink(link, 'done', id, state);
    else rejectLink(link, noSuchContact(id), state);
  }
}
