/** Things that a careful client never sends; counted, so that a test can ask that there were none. */
export const violations = [
  /** No token, or another one. */
  'unauthorized',
  /** A path or method that HubSpot does not have. */
  'unknown-route',
  /** A body that is not declared as JSON. */
  'not-json',
  /** A body that does not parse, or has the wrong shape. */
  'malformed-body',
  'missing-inputs',
  'empty-inputs',
  'too-many-inputs',
  /** One id, or value of the id property, twice in a batch. */
  'duplicate-ids',
  /** Two inputs of a batch that turned out to be one contact (alias, merge). */
  'same-contact-twice',
  'duplicate-trace-ids',
  'some-trace-ids',
  /** Associations on updates and upserts, which do not take them. */
  'associations-on-update',
  /** One association twice in a batch. */
  'same-association-twice',
  /** An association type that is not defined between the two objects. */
  'unknown-association-type',
  /** A call above the limit. */
  'over-limit',
  /** A call before the time that a `Retry-After` had named. */
  'before-retry-after',
] as const;

export type Violation = (typeof violations)[number];
