import type { LedgerName } from './contact-ledger.ts';
import { printOf } from './value-prints.ts';

const ARCHIVING = 'contact:archiving:';

/**
 * Stands in the fence of a contact with several e-mails for the newest archive that was sent to it, once for each of them, noted before it is
 * sent: an e-mail may lead to another contact before anybody hears what came of the archive, and takes its place in the order along, but not
 * that of an archive of whoever had its former home later. The e-mail stands there as a print. No property has such a name.
 */
export const archivingOf = (name: LedgerName): string => `${ARCHIVING}${printOf(name)}`;
export const isArchiving = (name: string): boolean => name.startsWith(ARCHIVING);
