import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { reconcileBatch, type SentInput } from '../../../lib/hubspot/reconcile-batch.ts';

const create = (traceId: string, properties: Record<string, string>): SentInput => ({ traceId, properties });
const update = (traceId: string, id: string): SentInput => ({ traceId, id, properties: { city: 'x' } });
const upsert = (traceId: string, email: string): SentInput => ({
  traceId,
  id: email,
  idProperty: 'email',
  properties: { city: 'x' },
});
const result = (id: string, properties: Record<string, string> = {}, more = {}) => ({ id, properties, ...more });

describe('finding an input among the results', () => {
  test('by trace id, in whatever order HubSpot answers', () => {
    const verdicts = reconcileBatch([create('t1', { firstname: 'a' }), create('t2', { firstname: 'a' })], {
      results: [result('2', {}, { objectWriteTraceId: 't2' }), result('1', {}, { objectWriteTraceId: 't1' })],
      errors: [],
    });
    expect(verdicts).toMatchObject([{ id: '1' }, { id: '2' }]);
  });

  test('by record id on updates', () => {
    const verdicts = reconcileBatch([update('t1', '1'), update('t2', '2')], {
      results: [result('2'), result('1')],
      errors: [],
    });
    expect(verdicts).toMatchObject([
      { kind: 'delivered', id: '1' },
      { kind: 'delivered', id: '2' },
    ]);
  });

  test('by e-mail, whose case HubSpot lowers', () => {
    const verdicts = reconcileBatch(
      [create('t1', { email: ' Ada@Example.com' }), create('t2', { email: 'bob@example.com' })],
      {
        results: [result('2', { email: 'bob@example.com' }), result('1', { email: 'ada@example.com' })],
        errors: [],
      },
    );
    expect(verdicts).toMatchObject([{ id: '1' }, { id: '2' }]);
  });

  test('by an additional e-mail, which is an alias of the contact', () => {
    const [verdict] = reconcileBatch([upsert('t1', 'old@example.com')], {
      results: [
        result(
          '7',
          { email: 'new@example.com', hs_additional_emails: 'x@example.com;old@example.com' },
          { new: false },
        ),
      ],
      errors: [],
    });
    expect(verdict).toMatchObject({ kind: 'delivered', id: '7', isNew: false });
  });

  test('by content, for creates that have no key, the most telling first', () => {
    const verdicts = reconcileBatch([create('t1', { firstname: 'a' }), create('t2', { firstname: 'a', city: 'b' })], {
      results: [result('2', { firstname: 'a', city: 'b' }), result('1', { firstname: 'a' })],
      errors: [],
    });
    expect(verdicts).toMatchObject([{ id: '1' }, { id: '2' }]);
  });
});

describe('finding an input among the errors', () => {
  const conflict = {
    category: 'CONFLICT',
    message: 'Contact already exists',
    context: { objectWriteTraceId: ['t2'], existingId: ['99'] },
  };

  test('by trace id; our trace id is not passed on, the existing id is', () => {
    const [first, second] = reconcileBatch(
      [create('t1', { email: 'a@example.com' }), create('t2', { email: 'b@example.com' })],
      {
        results: [result('1', { email: 'a@example.com' })],
        errors: [conflict],
      },
    );
    expect(first).toMatchObject({ kind: 'delivered', id: '1' });
    expect(second).toMatchObject({ kind: 'rejected', httpStatus: 409, existingId: '99' });
    expect(second).toHaveProperty('error.context', { existingId: ['99'] });
  });

  test('several missing ids in one error: each input is told only of itself', () => {
    const verdicts = reconcileBatch([update('t1', '1'), update('t2', '2'), update('t3', '3')], {
      results: [result('2')],
      errors: [{ category: 'OBJECT_NOT_FOUND', message: 'gone', context: { ids: ['1', '3'] } }],
    });
    expect(verdicts.map(({ kind }) => kind)).toEqual(['rejected', 'delivered', 'rejected']);
    expect(verdicts[0]).toMatchObject({ httpStatus: 404, error: { context: { ids: ['1'] } } });
  });
});

describe('D9: what is in neither list is missing, never delivered', () => {
  test('an update that HubSpot leaves out silently', () => {
    const verdicts = reconcileBatch([update('t1', '1'), update('t2', '2')], { results: [result('2')], errors: [] });
    expect(verdicts[0]).toEqual({ kind: 'missing' });
  });

  test('a result that belongs to nobody does not stand in for an input', () => {
    expect(reconcileBatch([update('t1', '1')], { results: [result('5')], errors: [] })).toEqual([{ kind: 'missing' }]);
  });

  test('an error that names nobody does not blame anybody', () => {
    const verdicts = reconcileBatch([update('t1', '1')], { results: [], errors: [{ category: 'VALIDATION_ERROR' }] });
    expect(verdicts).toEqual([{ kind: 'missing' }]);
  });
});

test('D7: any subset of results and errors, shuffled, tells each input exactly its own fate', () => {
  const fates = fc.array(fc.constantFrom('delivered' as const, 'rejected' as const, 'missing' as const), {
    maxLength: 100,
  });
  fc.assert(
    fc.property(fates, fc.boolean(), fc.infiniteStream(fc.nat()), (plan, echoes, noise) => {
      const inputs = plan.map((_, n) => upsert(`t${n}`, `c${n}@example.com`));
      const order = plan.map((_, n) => n).sort(() => ((noise.next().value ?? 0) % 2 === 0 ? 1 : -1));
      const verdicts = reconcileBatch(inputs, {
        results: order
          .filter((n) => plan[n] === 'delivered')
          .map((n) => result(String(n), { email: `c${n}@example.com` }, echoes ? { objectWriteTraceId: `t${n}` } : {})),
        errors: order
          .filter((n) => plan[n] === 'rejected')
          .map((n) => ({
            category: 'VALIDATION_ERROR',
            message: `no ${n}`,
            context: { objectWriteTraceId: [`t${n}`] },
          })),
      });
      expect(verdicts.map(({ kind }) => kind)).toEqual(plan);
      for (const [n, verdict] of verdicts.entries()) {
        if (verdict.kind === 'delivered') expect(verdict.id).toBe(String(n));
        if (verdict.kind === 'rejected') expect(verdict.error.message).toBe(`no ${n}`);
      }
    }),
  );
});
