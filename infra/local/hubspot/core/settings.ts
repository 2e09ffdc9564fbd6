import { z } from 'zod';
import { associationSettingsShape, defaultAssociationSettings } from './association-settings.ts';

const count = z.int().min(0);
const duration = z.number().min(0);

const settingsShape = {
  /** The bearer token that is accepted; any other gets 401. */
  token: z.string().min(1),
  /** What the token may do; a call outside of it gets 403 MISSING_SCOPES. */
  scopes: z.array(z.string()),
  /** `portalId` as it stands in error texts. */
  portalId: z.int().min(1),
  /** Time from arrival to answer of every call, in milliseconds. */
  latencyMs: duration,
  /** Calls allowed in any rolling 10 s (100, 190 or 250, by the account's plan). */
  limit: z.int().min(1),
  /** Calls allowed a day. */
  dailyLimit: z.int().min(1),
  /** Minutes by which the account's time zone is ahead of UTC: the daily count starts again at its midnight. */
  utcOffsetMinutes: z.int().min(-720).max(840),
  /** Searches allowed in any rolling second. */
  searchesPerSecond: z.int().min(1),
  /** How far the search index is behind the writes, in milliseconds. HubSpot gives no figure. */
  searchLagMs: duration,
  /** Calls that the log keeps. */
  logSize: z.int().min(0).max(1_000_000),
  /** Versions kept of each contact; older ones are folded into one. */
  historySize: z.int().min(2),
  /** Rules that an administrator set on properties (name -> regular expression); only `/2026-09/` enforces them. */
  validationRules: z.record(z.string(), z.string()),

  /** Unsettled: whether batch results come in the order of the inputs; measured both ways. */
  resultOrder: z.enum(['shuffled', 'input', 'reversed']),
  /** Unsettled: whether successful results of batch/create carry `objectWriteTraceId` (absent in a fixture). */
  echoTraceIdOnCreate: z.boolean(),
  /** Unsettled: the same for batch/update. */
  echoTraceIdOnUpdate: z.boolean(),
  /** Unsettled: the same for batch/upsert (measured as present, once). */
  echoTraceIdOnUpsert: z.boolean(),
  /** Unsettled: what a batch does in which only some inputs have a trace id: is it all-or-nothing, or split per record? */
  someTraceIds: z.enum(['whole-batch', 'per-record']),
  /** Unsettled: whether one trace id on two inputs is taken. */
  duplicateTraceIds: z.enum(['accept', 'refuse']),
  /** Unsettled: whether a 429 says `Retry-After`; documented for 477 only. */
  retryAfterOn429: z.boolean(),
  /** Unsettled: whether the 19 calls a second that headers still tell of are enforced. */
  enforceSecondly: z.boolean(),
  /** Calls a second of that policy. */
  secondlyLimit: z.int().min(1),
  /** Unsettled: whether calls that were refused with 429 count towards the limits. */
  refusedCallsCount: z.boolean(),
  /** Unsettled: whether calls that failed otherwise (status 400 and above) count towards the limits. */
  failedCallsCount: z.boolean(),
  /** Unsettled: whether a lifecycle stage set backward is silently ignored (documented) or applied (claimed in 2026). */
  lifecycleRegression: z.enum(['ignore', 'apply']),
  /** Unsettled: two creates with one e-mail in a batch with trace ids: the second conflicts, or the whole batch does. */
  sameEmailInOneCreate: z.enum(['second-conflicts', 'whole-batch']),
  /** Unsettled: a create whose value of a unique property is taken, in a batch with trace ids: refused alone, or with the whole batch. */
  takenValueOnCreate: z.enum(['per-record', 'whole-batch']),
  /** Unsettled: of what a create is told that collides with its e-mail and with another unique value. */
  firstConflict: z.enum(['email', 'unique-value']),
  /** Unsettled: how a taken value is told: in one sentence, or in the list of invalid values as CONFLICTING_UNIQUE_VALUE; both were seen. */
  takenValueError: z.enum(['sentence', 'listed']),
  /**
   * Unsettled: two upserts of a batch that mean one contact by its primary and a secondary e-mail: both are done and told,
   * done and told once, only the first is done, or all is refused.
   */
  aliasesInOneUpsert: z.enum(['two-results', 'one-result', 'drops-second', 'refuse']),
  /** Unsettled: what becomes of an e-mail that another one replaces as the primary one. */
  replacedEmail: z.enum(['dropped', 'secondary']),
  /** Unsettled: archiving an id that does not exist. */
  archiveUnknownId: z.enum(['ok', 'not-found']),
  /** Unsettled: archiving an id that was merged away: the survivor goes, or nothing happens. */
  archiveMergedId: z.enum(['survivor', 'nothing']),
  /** Unsettled: whether an archived contact's e-mail and unique values are free for another one. */
  archivedKeys: z.enum(['free', 'taken']),
  /** Unsettled: whether the e-mails of a contact that was deleted for good can be used again. */
  purgedEmails: z.enum(['free', 'blocked']),
  /** Unsettled: how an e-mail on the blocklist is refused: in one sentence, or in the list of invalid values. */
  blockedEmailError: z.enum(['sentence', 'listed']),
  /** Unsettled: whether the API refuses texts above `maxTextLength` (the CRM does). */
  longTexts: z.enum(['refuse', 'accept']),
  maxTextLength: z.int().min(1),
  /** Unsettled: the size of a body that gets 413, in bytes; no source names one, so 0 means none. */
  maxBodyBytes: count,
  /** Unsettled: whether `numErrors` counts error entries (a group of missing ids is one, as in fixtures) or records. */
  numErrors: z.enum(['entries', 'records']),
  /** Unsettled: a merged-away id in batch/update: missing from the results (applied or not), applied, or not found. */
  mergedIdInBatchUpdate: z.enum(['omitted', 'omitted-but-applied', 'survivor', 'not-found']),
  /** Unsettled: a merged-away id in a single update: leads to the survivor (documented for ids in general), or is not found. */
  mergedIdInUpdate: z.enum(['survivor', 'not-found']),
  /** Unsettled: whether a merge keeps the primary's id (a beta) or makes a new record. */
  mergeKeepsPrimaryId: z.boolean(),
  /** Unsettled: a batch body without `inputs`: 2xx with nothing in it (seen), or 400. */
  missingInputs: z.enum(['empty-success', 'refuse']),
  /** Unsettled: unknown property names in batch/update: all is refused (fixture), or the record alone. */
  unknownNamesOnUpdate: z.enum(['whole-batch', 'per-record']),
  /** Unsettled: invalid values in a batch/update without trace ids. */
  badValuesOnUpdate: z.enum(['whole-batch', 'per-record']),
  /** Unsettled: batch/update by `idProperty: "email"`: refused (measured), or taken as the specification has it. */
  batchUpdateByEmail: z.enum(['refuse', 'accept']),
  /** Unsettled: one id twice in batch/read or batch/archive: refused as on writes, or answered once. */
  duplicateIdsOnReadOrArchive: z.enum(['refuse', 'collapse']),
  /** Unsettled: an e-mail with blanks around it. */
  emailBlanks: z.enum(['trim', 'refuse']),
  /** Unsettled: an e-mail with letters beyond ASCII. */
  unicodeEmails: z.enum(['accept', 'refuse']),
  /** Unsettled: a property sent as JSON null. */
  nullValues: z.enum(['clear', 'ignore']),
  /** Unsettled: whether a property that was asked for and has no value is answered as null or left out. */
  unsetProperties: z.enum(['null', 'omitted']),
  /** Unsettled: whether contacts of v3 and 2026-03 have an empty list of `warnings`, or none; 2025-09 and 2026-09 know no such field. */
  contactWarnings: z.enum(['absent', 'empty']),
  /** Unsettled: whether a batch without errors says `numErrors: 0` and `errors: []` in 2025-09 and 2026-09, which have one answer for both. */
  errorsOfGoodBatch: z.enum(['absent', 'empty']),
  /** Unsettled: contacts in a page or a batch read that asks for histories. */
  maxReadsWithHistory: z.int().min(1).max(100),
  /** Unsettled: filter groups of a search: five by the guide, six by the specification. */
  maxFilterGroups: z.int().min(1),
  /** Unsettled: whether the name of an archived property is free for a new one. */
  archivedPropertyNames: z.enum(['free', 'taken']),
  /** Unsettled: archiving one property that is not there; a batch of them is answered 204 in any case. */
  archiveUnknownProperty: z.enum(['ok', 'not-found']),
  ...associationSettingsShape,
};

const settingsSchema = z.strictObject(settingsShape);
const changesSchema = settingsSchema.partial();

/** How this portal behaves; each unsettled fact about HubSpot is one of these. */
export type Settings = Readonly<z.infer<typeof settingsSchema>>;

/** The better supported side of each unsettled fact and, where neither is, the one that is harder on clients. */
export const defaultSettings: Settings = {
  token: 'simulator-token',
  scopes: [
    'crm.objects.contacts.read',
    'crm.objects.contacts.write',
    'crm.schemas.contacts.read',
    'crm.schemas.contacts.write',
  ],
  portalId: 1_234_567,
  latencyMs: 0,
  limit: 190,
  dailyLimit: 1_000_000,
  utcOffsetMinutes: 0,
  searchesPerSecond: 5,
  searchLagMs: 1_000,
  logSize: 1_000,
  historySize: 45,
  validationRules: {},
  resultOrder: 'shuffled',
  echoTraceIdOnCreate: false,
  echoTraceIdOnUpdate: false,
  echoTraceIdOnUpsert: true,
  someTraceIds: 'whole-batch',
  duplicateTraceIds: 'accept',
  retryAfterOn429: false,
  enforceSecondly: false,
  secondlyLimit: 19,
  refusedCallsCount: false,
  failedCallsCount: true,
  lifecycleRegression: 'ignore',
  sameEmailInOneCreate: 'second-conflicts',
  takenValueOnCreate: 'per-record',
  firstConflict: 'email',
  takenValueError: 'sentence',
  aliasesInOneUpsert: 'two-results',
  replacedEmail: 'dropped',
  archiveUnknownId: 'ok',
  archiveMergedId: 'survivor',
  archivedKeys: 'free',
  purgedEmails: 'free',
  blockedEmailError: 'sentence',
  longTexts: 'refuse',
  maxTextLength: 65_536,
  maxBodyBytes: 0,
  numErrors: 'entries',
  mergedIdInBatchUpdate: 'omitted',
  mergedIdInUpdate: 'survivor',
  mergeKeepsPrimaryId: false,
  missingInputs: 'empty-success',
  unknownNamesOnUpdate: 'whole-batch',
  badValuesOnUpdate: 'whole-batch',
  batchUpdateByEmail: 'refuse',
  duplicateIdsOnReadOrArchive: 'refuse',
  emailBlanks: 'trim',
  unicodeEmails: 'accept',
  nullValues: 'clear',
  unsetProperties: 'null',
  contactWarnings: 'absent',
  errorsOfGoodBatch: 'absent',
  maxReadsWithHistory: 50,
  maxFilterGroups: 5,
  archivedPropertyNames: 'free',
  archiveUnknownProperty: 'not-found',
  ...defaultAssociationSettings,
};

/** Settings with `changes` laid over them; throws with every fault named when a change is unknown or of a wrong type. */
export function changeSettings(settings: Settings, changes: unknown): Settings {
  const parsed = changesSchema.safeParse(changes);
  if (!parsed.success) throw new Error(`unusable settings: ${z.prettifyError(parsed.error)}`);
  const given = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  for (const [name, pattern] of Object.entries(parsed.data.validationRules ?? {})) {
    if (!isPattern(pattern)) throw new Error(`unusable settings: validationRules.${name} is no regular expression`);
  }
  return { ...settings, ...Object.fromEntries(given) };
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
