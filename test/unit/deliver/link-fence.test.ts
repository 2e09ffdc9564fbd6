import { describe, expect, test } from '@jest/globals';
import { fenceOfLink, mendLink, passLink } from '../../../lib/deliver/link-fence.ts';
import { raiseFence } from '../../../lib/directory/compact-fence.ts';
import { ARCHIVED, type Fence, type OrderKey, orderKey } from '../../../lib/directory/contact-ledger.ts';
import type { AssociationType, Link } from '../../../lib/operations/link.ts';
import { epochMs } from '../../../lib/runtime/units.ts';
import { NOON, sequence } from '../../support/a-contact-write.ts';

const at = (n: number): OrderKey => orderKey(NOON, sequence(n));
const label = (id: number): AssociationType => ({ associationCategory: 'USER_DEFINED', associationTypeId: id });
const own = (id: number): AssociationType => ({ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: id });
const acme: Link = { toType: 'companies', toId: '1' };
const other: Link = { toType: 'companies', toId: '2' };
const made = (n: number, link: Link) => fenceOfLink('associate', link, at(n));
const taken = (n: number, link: Link) => fenceOfLink('dissociate', link, at(n));
const fenceAfter = (...fences: readonly Fence[]): Fence =>
  fences.reduce<Fence>((fence, next) => raiseFence(fence, next, epochMs(0)), new Map());
const associate = (n: number, link: Link, ...before: readonly Fence[]) =>
  passLink('associate', link, at(n), fenceAfter(...before));
const dissociate = (n: number, link: Link, ...before: readonly Fence[]) =>
  passLink('dissociate', link, at(n), fenceAfter(...before));

describe('an association', () => {
  test('passes where nothing was written, and beside another object', () => {
    expect(associate(1, acme)).toEqual({ link: acme });
    expect(associate(1, acme, made(2, other), taken(3, other))).toEqual({ link: acme });
  });

  test.each<[string, Link]>([
    ['without a label', acme],
    ['with a label', { ...acme, types: [label(36)] }],
    ['that is primary', { ...acme, types: [own(1)] }],
  ])('%s that stands in the fence was made already', (_, link) => {
    expect(associate(2, link, made(2, link))).toBe('delivered');
    expect(associate(2, link, made(2, link), taken(1, link))).toBe('delivered');
  });

  test('never undoes a newer removal of all', () => {
    expect(associate(1, acme, taken(2, acme))).toBe('superseded');
    expect(associate(1, { ...acme, types: [label(36)] }, taken(2, acme))).toBe('superseded');
    expect(associate(1, { ...acme, types: [label(36)] }, taken(2, { ...acme, types: [own(279)] }))).toBe('superseded');
  });

  test('never undoes a newer removal of its label, and brings the rest', () => {
    const both = { ...acme, types: [label(36), label(38)] };
    expect(associate(1, both, taken(2, { ...acme, types: [label(36)] }))).toEqual({
      link: { ...acme, types: [label(38)] },
    });
    expect(associate(1, { ...acme, types: [label(36)] }, taken(2, both))).toEqual({
      link: { ...acme, types: [own(279)] },
    });
    const beyond = { toType: '2-345', toId: '1', types: [label(36)] };
    expect(associate(1, beyond, taken(2, beyond))).toBe('superseded');
  });

  test('undoes an older removal', () => {
    expect(associate(3, acme, taken(2, acme))).toEqual({ link: acme });
    expect(associate(3, { ...acme, types: [label(36)] }, taken(2, { ...acme, types: [label(36)] }))).toEqual({
      link: { ...acme, types: [label(36)] },
    });
  });

  test('without a label is part of every newer one with a label', () => {
    expect(associate(1, acme, made(2, { ...acme, types: [label(36)] }))).toBe('superseded');
    expect(associate(1, { ...acme, types: [label(38)] }, made(2, { ...acme, types: [label(36)] }))).toEqual({
      link: { ...acme, types: [label(38)] },
    });
  });

  test('as the primary company is made without that label, once another company is by a newer write', () => {
    const late = { ...acme, types: [own(1)] };
    const newer = made(2, { ...other, types: [own(1)] });
    const passage = associate(1, late, newer);
    expect(passage).toEqual({ link: { ...acme, types: [own(279)] } });
    const fence = fenceAfter(newer, made(1, { ...acme, types: [own(279)] }));
    expect(passLink('associate', late, at(1), fence)).toBe('delivered');
    expect(associate(3, late, newer)).toEqual({ link: late });
  });

  test('older than an archive of its contact comes to nobody', () => {
    expect(associate(1, acme, new Map([[ARCHIVED, at(2)]]))).toBe('superseded');
    expect(dissociate(1, acme, new Map([[ARCHIVED, at(2)]]))).toBe('superseded');
  });
});

describe('a removal', () => {
  test('of all that is newer than everything passes as it is', () => {
    expect(dissociate(3, acme, made(1, acme), made(2, { ...acme, types: [label(36)] }))).toEqual({ link: acme });
  });

  test('of all that comes late takes all away and brings back what is newer', () => {
    const passage = dissociate(
      2,
      acme,
      made(1, { ...acme, types: [label(38)] }),
      made(3, { ...acme, types: [label(36)] }),
    );
    expect(passage).toEqual({ link: acme, again: { ...acme, types: [label(36)] } });
    expect(dissociate(2, acme, made(3, acme))).toEqual({ link: acme, again: acme });
  });

  test('brings nothing back that was taken away again since, nor a primary company that is another', () => {
    const label36 = { ...acme, types: [label(36)] };
    expect(dissociate(1, acme, made(2, label36), taken(3, label36))).toEqual({ link: acme, again: acme });
    const primaries = [made(2, { ...acme, types: [own(1)] }), made(3, { ...other, types: [own(1)] })];
    expect(dissociate(1, acme, ...primaries)).toEqual({ link: acme, again: acme });
  });

  test('that stands in the fence was made already, and one that a newer removal covers is not made', () => {
    expect(dissociate(2, acme, taken(2, acme), made(3, acme))).toBe('delivered');
    expect(dissociate(1, acme, taken(2, acme))).toBe('superseded');
    expect(dissociate(1, { ...acme, types: [label(36)] }, taken(2, acme))).toBe('superseded');
  });

  test('of a label leaves alone what a newer write has made', () => {
    const both = { ...acme, types: [label(36), label(38)] };
    expect(dissociate(1, both, made(2, { ...acme, types: [label(36)] }))).toEqual({
      link: { ...acme, types: [label(38)] },
    });
    expect(dissociate(1, { ...acme, types: [label(36)] }, made(2, both))).toBe('superseded');
    expect(dissociate(2, both, taken(2, both))).toBe('delivered');
  });
});

test('of the associations of a contact the fence forgets the oldest beyond 2,000, and never a property', () => {
  const many = Array.from({ length: 2_100 }, (_, n) => [`+deals:${n}:default`, at(n + 10)] as const);
  const fence = raiseFence(new Map([['city', at(1)]]), new Map(many), epochMs(0));
  expect(fence.size).toBe(2_001);
  expect(fence.get('city')).toBe(at(1));
  expect(fence.has('+deals:99:default')).toBe(false);
  expect(fence.get('+deals:100:default')).toBe(at(110));
});

describe('what an older write may have done to newer ones is set right', () => {
  const label36: Link = { ...acme, types: [label(36)] };
  const label38: Link = { ...acme, types: [label(38)] };
  const primary: Link = { ...acme, types: [own(1)] };
  const mend = (verb: 'associate' | 'dissociate', link: Link, ...newer: readonly Fence[]) =>
    mendLink(verb, link, at(5), fenceAfter(...newer));

  test('not at all where nothing newer touches it', () => {
    expect(mend('associate', label36, taken(4, acme), made(6, label38), taken(7, other))).toBeUndefined();
    expect(mend('dissociate', label36, made(4, label36), made(6, label38))).toBeUndefined();
    expect(mend('dissociate', acme, made(6, acme), taken(7, acme))).toBeUndefined();
  });

  test('an association by taking away what was taken away since, and not made again', () => {
    expect(mend('associate', label36, taken(6, acme))).toEqual({ taken: acme });
    expect(mend('associate', label36, taken(6, acme), made(7, label38))).toEqual({ taken: label36 });
    expect(mend('associate', label36, taken(6, label36))).toEqual({ taken: label36 });
    expect(mend('associate', label36, taken(6, acme), made(7, label36))).toBeUndefined();
  });

  test('a removal by making again what was made since, and not taken away again', () => {
    expect(mend('dissociate', acme, made(6, label36))).toEqual({ made: label36 });
    expect(mend('dissociate', acme, made(6, label36), taken(7, acme), made(8, label38))).toEqual({ made: label38 });
    expect(mend('dissociate', label36, made(6, { ...acme, types: [label(36), label(38)] }))).toEqual({ made: label36 });
  });

  test('a primary company by giving that back to the one that became it since', () => {
    const otherPrimary = { ...other, types: [own(1)] };
    expect(mend('associate', primary, made(6, otherPrimary))).toEqual({ made: otherPrimary });
    expect(mend('associate', primary, made(6, otherPrimary), taken(7, other))).toEqual({ taken: primary });
    expect(mend('associate', primary, made(6, primary))).toBeUndefined();
  });
});
