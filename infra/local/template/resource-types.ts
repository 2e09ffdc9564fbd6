import type { CloudFormationTemplate } from './cloudformation-template.ts';
import { TemplateError } from './template-error.ts';

/** Types that the runner runs. */
const runTypes = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::Events::Rule',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::SQS::Queue',
  'AWS::SecretsManager::Secret',
]);

/** Types that change nothing that a caller of the relay can see on one machine, each with the reason. */
const ignoredTypes: Readonly<Record<string, string>> = {
  'AWS::ApiGateway::Account': 'where the gateway logs to',
  'AWS::CDK::Metadata': 'usage statistics of the CDK',
  'AWS::CloudWatch::Alarm': 'nobody is called from a laptop',
  'AWS::CloudWatch::CompositeAlarm': 'nobody is called from a laptop',
  'AWS::CloudWatch::Dashboard': 'there are no metrics to draw',
  'AWS::IAM::ManagedPolicy': 'nothing checks permissions here',
  'AWS::IAM::Policy': 'nothing checks permissions here',
  'AWS::IAM::Role': 'nothing checks permissions here',
  'AWS::KMS::Alias': 'nothing is encrypted at rest here',
  'AWS::KMS::Key': 'nothing is encrypted at rest here',
  'AWS::Lambda::Permission': 'nothing checks permissions here',
  'AWS::Logs::LogGroup': 'functions log to one file',
  'AWS::Logs::MetricFilter': 'there are no metrics',
  'AWS::Logs::QueryDefinition': 'there is nothing to query logs with',
  'AWS::SQS::QueuePolicy': 'nothing checks permissions here',
  'AWS::SecretsManager::ResourcePolicy': 'nothing checks permissions here',
};

/** Types that would change what the relay does, and that nothing here plays yet. */
const missingTypes: Readonly<Record<string, string>> = {
  'AWS::Events::EventBus': 'event buses',
  'AWS::Pipes::Pipe': 'pipes',
  'AWS::Scheduler::Schedule': 'schedules',
};

/**
 * Refuses a template with a resource that would change behaviour and that nothing here plays: leaving it out silently
 * would make the local relay another relay than the deployed one.
 */
export function refuseUnknownTypes(resources: CloudFormationTemplate['resources']): void {
  for (const [logicalId, { type }] of Object.entries(resources)) {
    if (runTypes.has(type) || ignoredTypes[type] !== undefined) continue;
    const missing = missingTypes[type];
    throw new TemplateError(
      missing === undefined
        ? `resource ${logicalId} has the type ${type}, which the local runner does not know`
        : `resource ${logicalId} has the type ${type}, and the local runner cannot run ${missing} yet`,
    );
  }
}
