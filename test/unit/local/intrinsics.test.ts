import { describe, expect, test } from '@jest/globals';
import { parseTemplate } from '../../../infra/local/template/cloudformation-template.ts';
import { resolveTemplate } from '../../../infra/local/template/resolve-template.ts';

const deployment = { stackName: 'Stack', region: 'us-east-1', accountId: '000000000000' };
const names = {
  ref: (logicalId: string) => `ref-${logicalId}`,
  attribute: (logicalId: string, name: string) => (name === 'Arn' ? `arn-${logicalId}` : undefined),
};

/** Resolves one property of a queue in a template with some of everything. */
function resolve(value: unknown, more: Record<string, unknown> = {}): unknown {
  const template = parseTemplate({
    Parameters: { Stage: { Type: 'String', Default: 'test' } },
    Conditions: {
      IsTest: { 'Fn::Equals': [{ Ref: 'Stage' }, 'test'] },
      IsNotTest: { 'Fn::Not': [{ Condition: 'IsTest' }] },
      Both: { 'Fn::And': [{ Condition: 'IsTest' }, { Condition: 'IsNotTest' }] },
      Either: { 'Fn::Or': [{ Condition: 'IsTest' }, { Condition: 'IsNotTest' }] },
      Circle: { 'Fn::Not': [{ Condition: 'Circle' }] },
    },
    Mappings: { Sizes: { test: { memory: 128 } } },
    Resources: {
      Queue: { Type: 'AWS::SQS::Queue', Properties: { value } },
      Other: { Type: 'AWS::SQS::Queue' },
      Absent: { Type: 'AWS::SQS::Queue', Condition: 'IsNotTest' },
      ...more,
    },
  });
  return resolveTemplate(template, deployment, names).resources('AWS::SQS::Queue')[0]?.properties['value'];
}

describe('a property of the template', () => {
  test.each<[string, unknown, unknown]>([
    ['a plain value', { a: [1, true, null, 'x'] }, { a: [1, true, null, 'x'] }],
    ['Ref of a resource', { Ref: 'Other' }, 'ref-Other'],
    ['Ref of a parameter', { Ref: 'Stage' }, 'test'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::AccountId' }, '000000000000'],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Other', 'Arn'] }, 'arn-Other'],
    ['GetAtt as a text', { 'Fn::GetAtt': 'Other.Arn' }, 'arn-Other'],
    ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'Stage' }, 1]] }, 'a-test-1'],
    ['Sub', { 'Fn::Sub': '$' + '{Stage}/$' + '{Other.Arn}/$' + '{!literal}' }, 'test/arn-Other/$' + '{literal}'],
    ['Sub with variables', { 'Fn::Sub': ['$' + '{own}', { own: { Ref: 'Other' } }] }, 'ref-Other'],
    ['Select of Split', { 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    ['FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'memory'] }, 128],
    ['If, taken', { 'Fn::If': ['Either', 'yes', 'no'] }, 'yes'],
    ['If, not taken, its other branch untouched', { 'Fn::If': ['Both', { Ref: 'Absent' }, 'no'] }, 'no'],
    ['NoValue in a list', ['a', { Ref: 'AWS::NoValue' }], ['a']],
    ['NoValue in an object', { a: 1, b: { 'Fn::If': ['Both', 2, { Ref: 'AWS::NoValue' }] } }, { a: 1 }],
  ])('is resolved: %s', (_, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  test.each<[string, unknown, string]>([
    ['an unknown intrinsic', { 'Fn::Cidr': ['10.0.0.0/16'] }, 'Fn::Cidr'],
    ['a Ref to nothing', { Ref: 'Nowhere' }, 'Nowhere'],
    ['a Ref to a resource whose condition does not hold', { Ref: 'Absent' }, 'Absent'],
    ['an attribute that nobody has', { 'Fn::GetAtt': ['Other', 'Colour'] }, 'Other.Colour'],
    ['a condition that leads to itself', { 'Fn::If': ['Circle', 1, 2] }, 'depends on itself'],
    ['a Select past the end', { 'Fn::Select': [3, ['a']] }, 'Fn::Select'],
  ])('is refused by name: %s', (_, value, message) => {
    expect(() => resolve(value)).toThrow(message);
  });
});

describe('a resource type', () => {
  test.each<[string, string]>([
    ['AWS::Events::EventBus', 'event buses'],
    ['AWS::Scheduler::Schedule', 'schedules'],
    ['AWS::Kinesis::Stream', 'AWS::Kinesis::Stream'],
  ])('that would change behaviour and cannot be run is refused by name: %s', (Type, message) => {
    expect(() => resolve(1, { Extra: { Type } })).toThrow(message);
    expect(() => resolve(1, { Extra: { Type } })).toThrow('Extra');
  });

  test.each(['AWS::IAM::Policy', 'AWS::Logs::LogGroup', 'AWS::CloudWatch::Alarm', 'AWS::CDK::Metadata'])(
    'that changes nothing here is ignored, whatever it holds: %s',
    (Type) => {
      expect(resolve(1, { Extra: { Type, Properties: { any: { 'Fn::Cidr': [] } } } })).toBe(1);
    },
  );
});
