import { z } from 'zod';
import { associatedTypes } from './object-types.ts';

const label = z.strictObject({
  toType: z.enum(associatedTypes),
  category: z.enum(['USER_DEFINED', 'INTEGRATOR_DEFINED', 'WORK']),
  typeId: z.int().min(1),
  inverseTypeId: z.int().min(1),
  label: z.string().min(1),
});

/** The part of the settings that is about associations. */
export const associationSettingsShape = {
  /** The ids that exist of an object type; of a type that is not named, every positive number does. */
  existingObjects: z.partialRecord(z.enum(associatedTypes), z.array(z.string())),
  /** Labels that somebody defined in this portal. */
  associationLabels: z.array(label),
  /** Inputs of a batch that writes associations; 2,000 are documented, a connector keeps to 100. */
  maxAssociationInputs: z.int().min(1),
  /** Inputs of a batch that reads associations. */
  maxAssociationReads: z.int().min(1),
  /** Unsettled: batch association calls in any rolling 10 s (100 or 150, 200 with an add-on); `limit` is not for them. */
  associationLimit: z.int().min(1),
  /** Unsettled: whether answers to them have rate headers. */
  rateHeadersOnAssociations: z.boolean(),
  /** Unsettled: whether an association takes the other object's scope too. */
  associationScopes: z.enum(['contacts', 'both']),
  /** Unsettled: a single association of an object that is not there: 400 that names it (seen on v4), or 404. */
  missingAssociated: z.enum(['invalid', 'not-found']),
  /** Unsettled: taking away an association of a contact that is not there. */
  dissociateUnknown: z.enum(['ok', 'not-found']),
  /** Unsettled: a type that does not exist, in a batch: refuses all of it, or the record alone. */
  unknownTypesInBatch: z.enum(['whole-batch', 'per-record']),
  /** Unsettled: whether a batch that says an association twice gets it answered twice. */
  repeatedAssociations: z.enum(['one-result', 'each']),
  /** Unsettled: associations of an id that was merged away: of the survivor, under its id, or not found. */
  mergedIdInAssociations: z.enum(['survivor', 'not-found']),
  /** Unsettled: what v3 batch/create says: done, or, as a fixture has it, that it is still to be done. */
  associationBatchStatus: z.enum(['COMPLETE', 'PENDING']),
  /** Unsettled: ids in v4 answers: numbers were seen, the specification has strings. */
  associationIds: z.enum(['number', 'string']),
  /** Unsettled: the answer to the single v3 PUT, which the specification lacks: the contact, or nothing. */
  legacyAssociateAnswer: z.enum(['contact', 'empty']),
  /** Unsettled: whether the first company of a contact becomes its primary one by itself. */
  firstCompanyIsPrimary: z.boolean(),
};

/** The better supported side of each fact, else the one that is harder on clients. */
export const defaultAssociationSettings: z.infer<z.ZodObject<typeof associationSettingsShape>> = {
  existingObjects: {},
  associationLabels: [],
  maxAssociationInputs: 2_000,
  maxAssociationReads: 1_000,
  associationLimit: 100,
  rateHeadersOnAssociations: false,
  associationScopes: 'contacts',
  missingAssociated: 'invalid',
  dissociateUnknown: 'ok',
  unknownTypesInBatch: 'whole-batch',
  repeatedAssociations: 'one-result',
  mergedIdInAssociations: 'survivor',
  associationBatchStatus: 'COMPLETE',
  associationIds: 'number',
  legacyAssociateAnswer: 'contact',
  firstCompanyIsPrimary: false,
};
