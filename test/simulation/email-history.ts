/** A time for which a contact had an e-mail. */
interface Tenure {
  readonly id: string;
  readonly since: number;
  readonly until: number;
}

/** Which contact had which e-mail when, the secondary ones too. */
export class EmailHistory {
  readonly #tenures = new Map<string, Tenure[]>();
  readonly #renamed = new Set<string>();
  readonly #emails = new Map<string, { readonly email: string; readonly others: string }>();

  /** A contact has these values from `at` on; what they do not say stays. Returns the e-mails that it has no more. */
  note(id: string, values: Readonly<Record<string, string>>, at: number): readonly string[] {
    const { email: primary, hs_additional_emails: secondary } = values;
    if (primary === undefined && secondary === undefined) return [];
    const before = this.#emails.get(id) ?? { email: '', others: '' };
    const now = { email: primary ?? before.email, others: secondary ?? before.others };
    this.#emails.set(id, now);
    if (before.email !== '' && before.email !== now.email) this.#renamed.add(id);
    const had = listOf(before);
    const has = listOf(now);
    const lost = had.filter((email) => !has.includes(email));
    for (const email of lost) this.#end(email, id, at);
    for (const email of has.filter((each) => !had.includes(each))) {
      const tenures = this.#tenures.get(email) ?? [];
      this.#tenures.set(email, [...tenures, { id, since: at, until: Number.POSITIVE_INFINITY }]);
    }
    return lost;
  }

  #end(email: string, id: string, at: number): void {
    const tenures = this.#tenures.get(email) ?? [];
    const isOpen = (each: Tenure) => each.id === id && each.until === Number.POSITIVE_INFINITY;
    this.#tenures.set(
      email,
      tenures.map((each) => (isOpen(each) ? { ...each, until: at } : each)),
    );
  }

  /** Whether a contact had an e-mail at any time since `from`. */
  hadSince(id: string, email: string, from: number): boolean {
    return this.#tenures.get(email)?.some((each) => each.id === id && each.until >= from) === true;
  }

  /** Whether a contact has lost this e-mail, or any. */
  hasLost(id: string, email?: string): boolean {
    const tenures = email === undefined ? [...this.#tenures.values()].flat() : (this.#tenures.get(email) ?? []);
    return tenures.some((each) => each.id === id && each.until < Number.POSITIVE_INFINITY);
  }

  /** The contacts that had an e-mail of this one before, and lost it: not those that were archived, or merged into this one. */
  predecessorsOf(id: string): readonly string[] {
    const emails = [...this.#tenures.values()].filter((all) => all.some((each) => each.id === id));
    return emails.flatMap((all) => {
      const before = all.slice(
        0,
        all.findLastIndex((each) => each.id === id),
      );
      return before.filter(({ until }) => until < Number.POSITIVE_INFINITY).map((each) => each.id);
    });
  }

  /** Whether another contact got an e-mail that this one lost. */
  wasSucceeded(id: string): boolean {
    return [...this.#tenures.values()].some((all) => {
      const last = all.findLastIndex((each) => each.id === id && each.until < Number.POSITIVE_INFINITY);
      return last >= 0 && all.slice(last + 1).some((each) => each.id !== id);
    });
  }

  /** Whether a contact has had more than one e-mail as its primary one. */
  wasRenamed(id: string): boolean {
    return this.#renamed.has(id);
  }

  /** The contacts that ever had an e-mail. */
  holdersOf(email: string): readonly string[] {
    return (this.#tenures.get(email) ?? []).map(({ id }) => id);
  }

  /** The e-mail that a contact had first. */
  firstOf(id: string): string | undefined {
    return [...this.#tenures]
      .flatMap(([email, all]) => all.flatMap((each) => (each.id === id ? [{ email, ...each }] : [])))
      .sort((a, b) => a.since - b.since)[0]?.email;
  }
}

const listOf = ({ email, others }: { readonly email: string; readonly others: string }): readonly string[] =>
  [email, ...others.split(';')].filter((each) => each !== '');
