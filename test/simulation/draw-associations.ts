import type { Settings } from '../../infra/local/hubspot/core/settings.ts';
import type { Association } from '../../lib/operations/contact-write.ts';
import { type AssociationType, isPrimaryCompany, type Link } from '../../lib/operations/link.ts';
import type { Random } from '../../lib/runtime/random.ts';
import { drawBetween, drawOne, drawWhole, happens } from './seeded-random.ts';
import type { Intent, PlannedRequest, Workload } from './workload.ts';

/** Share of the runs in which contacts are associated. */
const RUNS_WITH_ASSOCIATIONS = 0.35;
/** Tags of writes that are drawn here start above those of the workload. */
const FIRST_TAG = 1_001;

const COMPANIES = ['9001', '9002'];
const DEALS = ['8001'];
/** A company that is not there, and a type that nobody defined. */
export const NO_SUCH_COMPANY = '9999';
export const NO_SUCH_TYPE = 777;

const hubspotDefined = (associationTypeId: number): AssociationType => ({
  associationCategory: 'HUBSPOT_DEFINED',
  associationTypeId,
});
const label = (associationTypeId: number): AssociationType => ({
  associationCategory: 'USER_DEFINED',
  associationTypeId,
});

/** Each fact about associations that nobody is sure of, either way. `merging` is of what came later. */
export function drawAssociationSettings(random: Random, merging: Random): Partial<Settings> {
  const ownLabel = (typeId: number) =>
    ({
      toType: 'companies',
      category: 'USER_DEFINED',
      typeId,
      inverseTypeId: typeId + 100,
      label: `L${typeId}`,
    }) as const;
  return {
    existingObjects: { companies: [...COMPANIES], deals: [...DEALS] },
    associationLabels: [ownLabel(36), ownLabel(38)],
    associationLimit: drawOne(random, [8, 40, 100]),
    unknownTypesInBatch: drawOne(random, ['whole-batch', 'per-record']),
    repeatedAssociations: drawOne(random, ['one-result', 'each']),
    associationIds: drawOne(random, ['number', 'string']),
    mergedIdInAssociations: drawOne(merging, ['not-found', 'survivor']),
  };
}

/**
 * Associations among the requests of a run, single and as follow-ups of upserts: `random` is one of their own, so that runs without
 * them stay the same.
 */
export function drawAssociations(random: Random, { requests, contacts }: Workload, most: number): PlannedRequest[] {
  if (!happens(random, RUNS_WITH_ASSOCIATIONS)) return [];
  const span = Math.max(...requests.map(({ at }) => at)) * 1.2;
  const hot = Math.min(contacts, drawWhole(random, 1, 3));
  const refused = drawOne(random, [0, 0.1]);
  const single = Array.from({ length: Math.min(most, drawWhole(random, 4, 16)) }, () =>
    drawSingle(random, { span, hot, refused }),
  );
  let tags = FIRST_TAG;
  const nextTag = () => {
    tags += 1;
    return `w${tags}`;
  };
  const followed = Array.from({ length: Math.min(most, drawWhole(random, 2, 10)) }, () =>
    drawFollowed(random, { span, hot, refused }, nextTag),
  );
  return [...single, ...followed];
}

interface Traits {
  readonly span: number;
  readonly hot: number;
  readonly refused: number;
}

const once = { copies: 1, misusesKey: false } as const;

function drawSingle(random: Random, { span, hot, refused }: Traits): PlannedRequest {
  const verb = happens(random, 0.6) ? 'associate' : 'dissociate';
  const link = drawLink(random, verb, refused);
  return {
    ...once,
    at: drawBetween(random, 0, span),
    verb,
    shape: 'single',
    intents: [{ contact: drawWhole(random, 1, hot), by: 'id', properties: {}, link }],
    retries: drawWhole(random, 0, 3),
  };
}

function drawLink(random: Random, verb: 'associate' | 'dissociate', refused: number): Link {
  if (happens(random, 0.2)) return { toType: 'deals', toId: drawOne(random, DEALS) };
  const toId = happens(random, refused) ? NO_SUCH_COMPANY : drawOne(random, COMPANIES);
  const plain: Link = { toType: 'companies', toId };
  if (verb === 'associate' && happens(random, refused / 2)) return { ...plain, types: [label(NO_SUCH_TYPE)] };
  if (happens(random, verb === 'dissociate' ? 0.4 : 0.2)) return plain;
  return { ...plain, types: verb === 'associate' ? drawTypes(random) : [hubspotDefined(drawOne(random, [1, 1, 279]))] };
}

const drawTypes = (random: Random): readonly AssociationType[] =>
  drawOne(random, [[label(36)], [label(38)], [label(36), label(38)], [hubspotDefined(1)], [hubspotDefined(279)]]);

function drawFollowed(random: Random, { span, hot, refused }: Traits, nextTag: () => string): PlannedRequest {
  const size = drawWhole(random, 1, 3);
  return {
    ...once,
    at: drawBetween(random, 0, span),
    verb: 'upsert',
    shape: 'batch',
    intents: Array.from({ length: size }, (): Intent => {
      const tag = nextTag();
      return {
        contact: drawWhole(random, 1, hot),
        by: 'email',
        properties: { [drawOne(random, ['city', 'phone'])]: tag },
        associations: drawFollowUps(random, refused),
      };
    }),
    retries: drawWhole(random, 0, 3),
  };
}

/** One to each of some objects, as the door hands them on. */
function drawFollowUps(random: Random, refused: number): readonly Association[] {
  let hasPrimary = false;
  const toCompanies = COMPANIES.filter(() => happens(random, 0.6)).map((id) => {
    const drawn = drawTypes(random);
    const types = hasPrimary && drawn.some(isPrimaryCompany) ? [hubspotDefined(279)] : drawn;
    hasPrimary ||= types.some(isPrimaryCompany);
    return { to: { id: happens(random, refused) ? NO_SUCH_COMPANY : id }, types, toObjectType: 'companies' };
  });
  const toDeals = happens(random, 0.5)
    ? [{ to: { id: drawOne(random, DEALS) }, types: [hubspotDefined(4)], toObjectType: 'deals' }]
    : [];
  return [...toCompanies, ...toDeals];
}
