/** What becomes of a lifecycle stage that lies before the one that a contact has; HubSpot itself ignores it (contacts guide). */
export const LIFECYCLE_POLICIES = ['forward', 'allow-backward', 'ignore'] as const;
export type LifecyclePolicy =
  /** HubSpot's rule: the contact keeps its stage, and the outcome says so. */
  | 'forward'
  /** The stage is cleared and then set. */
  | 'allow-backward'
  /** No write sets or clears a stage: the front door leaves the property out. */
  | 'ignore';

/** The policies that a write on its way can have. */
export type QueuedPolicy = Exclude<LifecyclePolicy, 'ignore'>;

/** Reads the setting from a function's environment; what it does not know, the deployment does not let through either. */
export const parseLifecyclePolicy = (text: string): LifecyclePolicy =>
  text === 'allow-backward' || text === 'ignore' ? text : 'forward';

/** What became of the stage that a delivered write brought, where it was not simply set. Stages are options, no personal texts. */
export type StageNote =
  /** The contact has `stage` instead of the one `sent`; `unknown` when it cannot be told to be a step backward. */
  | {
      readonly kind: 'kept';
      readonly sent: string;
      readonly stage: string;
      readonly reason: 'backward' | 'unknown';
    }
  /** The stage was cleared and set, and was `from` before. */
  | { readonly kind: 'moved-back'; readonly sent: string; readonly from: string };
