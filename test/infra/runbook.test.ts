import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { MAX_BODY_BYTES } from '#contracts/api.ts';
import { MAX_BUNDLE_BYTES, MAX_DATA_BYTES } from '#contracts/commit-limits.ts';
import { MAX_EVENT_BYTES } from '#contracts/events.ts';
import { PolicyDocument } from '#contracts/folder/policy.ts';
import { POINTER_MILLIS } from '../../functions/serve-model/champion-cache.ts';
import { USUAL_PORTS } from '../../localstack/ports.ts';
import { RETRY } from '../../state-machines/release-model/retry.ts';
import { appOf, type CfnTemplate, DEV, ofType, templatesOf } from './synthesize.ts';

const dev = templatesOf(appOf(DEV)).stateless;
const production = templatesOf(appOf({ ...DEV, environment: 'production' })).stateless;

/** The numbers of a property, each once, of the resources whose logical name has this in it. */
function numbers(
  template: CfnTemplate,
  type: string,
  name: RegExp,
  of: (properties: Record<string, any>) => unknown,
): unknown {
  const found = new Set(
    ofType(template, type)
      .filter(([id]) => name.test(id))
      .map(([, { Properties }]) => of(Properties ?? {})),
  );
  expect(found.size, `${type} ${String(name)}`).toBe(1);
  return [...found][0];
}
const queue = (name: RegExp, of: (properties: Record<string, any>) => unknown): unknown =>
  numbers(dev, 'AWS::SQS::Queue', name, of);
const tries = (p: Record<string, any>): unknown => p['RedrivePolicy'].maxReceiveCount;
const logs = (template: CfnTemplate): unknown =>
  numbers(template, 'AWS::Logs::LogGroup', /./, (p) => p['RetentionInDays']);
const waits = Array.from(
  { length: RETRY.MaxAttempts },
  (_, i) => RETRY.IntervalSeconds * RETRY.BackoffRate ** i,
);
const policy = PolicyDocument.parse({
  schemaVersion: 1,
  tier: 'standard',
  gates: [],
  approval: {},
});

/** In the words of the runbook's table. */
const EXPECTED: Readonly<Record<string, unknown>> = {
  'a training may take, in seconds': numbers(
    dev,
    'AWS::Lambda::Function',
    /^(TrainCandidate|FullTrain)/,
    (p) => p['Timeout'],
  ),
  'further tries of a step whose error may pass by itself': RETRY.MaxAttempts,
  'waits between them at the most, in seconds together': waits.reduce((sum, s) => sum + s, 0),
  'serving reads the pointer at the latest every so many milliseconds': POINTER_MILLIS,
  'the outbox is delivered every so many minutes': Number(
    /^rate\((\d+) minutes?\)$/.exec(
      String(numbers(dev, 'AWS::Events::Rule', /^EveryMinute/, (p) => p['ScheduleExpression'])),
    )?.[1],
  ),
  'tries of an event of the commits queue, before its dead-letter queue': queue(
    /^Commits(?!DeadLetters)(?!.*DeadLetters)/,
    tries,
  ),
  'tries of an event of the moves queue, before its dead-letter queue': queue(
    /^Moves(?!.*DeadLetters)/,
    tries,
  ),
  'tries of an event of the endings queue, before its dead-letter queue': queue(
    /^Endings(?!.*DeadLetters)/,
    tries,
  ),
  'a message stays in a dead-letter queue, in days':
    Number(queue(/DeadLetters/, (p) => p['MessageRetentionPeriod'])) / 86_400,
  'logs are kept in production, in days': logs(production),
  'logs are kept in dev, in days': logs(dev),
  'a question waits for a person unless the policy says otherwise, in hours':
    policy.approval.timeoutHours,
  'an event is no larger than, in bytes': MAX_EVENT_BYTES,
  "a request's body is no larger than, in bytes": MAX_BODY_BYTES,
  'a bundle is no larger than, in bytes': MAX_BUNDLE_BYTES,
  "a commit's data is no larger than, in bytes": MAX_DATA_BYTES,
  "the local API's port": USUAL_PORTS.api,
  "the local MLflow's port": USUAL_PORTS.mlflow,
  "the local AWS's port": USUAL_PORTS.aws,
};

it('the runbook’s numbers are those of the code', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
  const table = text.slice(text.indexOf('## Numbers'));
  const rows = [...table.matchAll(/^\| (.+?) \| (\d+) \|$/gm)].map(
    ([, what = '', number]): [string, number] => [what, Number(number)],
  );
  expect(Object.fromEntries(rows)).toEqual(EXPECTED);
});
