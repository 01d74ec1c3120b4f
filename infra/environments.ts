/** The environments, and everything in which they differ. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Node } from 'constructs';
import * as z from 'zod';
import {
  type EnvironmentName,
  ENVIRONMENTS,
  LOCAL_AUDIENCE,
  LOCAL_ISSUER,
} from '#contracts/environments.ts';
import { IdentityGroups } from '#contracts/identity-groups.ts';
import { tryParse } from '#contracts/parse.ts';

const common = {
  mlflowTrackingUri: z.url(),
  /** E-mail address → subject, as JSON. */
  people: z.string().default('{}'),
};

/**
 * CDK context by environment.
 *
 * Only the local environment may bring the issuer's keys with it; a deployed one that does is refused, so
 * that nobody can promote a model with a token that they signed themselves.
 */
const Context = z.discriminatedUnion('environment', [
  z.strictObject({
    environment: z.literal('local'),
    ...common,
    /** Where the local AWS answers; part of the API's address. */
    endpointUrl: z.url(),
    identityIssuer: z.string().min(1).default(LOCAL_ISSUER),
    identityAudience: z.string().min(1).default(LOCAL_AUDIENCE),
    identityJwks: z.string().min(1),
    /** `1`: functions log every permission they use. */
    recordCalls: z.enum(['0', '1']).default('0'),
  }),
  z.strictObject({
    environment: z.enum(ENVIRONMENTS).exclude(['local']),
    ...common,
    identityIssuer: z.url(),
    identityAudience: z.string().min(1),
    identityJwksUri: z.url(),
    /** The claim that holds roles or groups; `roles` unless given. */
    identityRolesClaim: z.string().min(1).optional(),
    /** Group → grants, as JSON; without it the claim holds grants themselves. */
    identityGroups: IdentityGroups.optional(),
  }),
]);
export type Context = z.infer<typeof Context>;

export interface Environment {
  readonly name: EnvironmentName;
  readonly context: Context;
  /** What a deletion of the stack does to data. */
  readonly removal: RemovalPolicy;
  readonly logRetention: RetentionDays;
  readonly architecture: Architecture;
  /**
   * What only AWS has: WAF, access logs, X-Ray, Step Functions' logs, the bus's resource policy. The
   * local AWS refuses or ignores these types.
   */
  readonly onAws: boolean;
}

const KEYS = [
  'mlflowTrackingUri',
  'people',
  'endpointUrl',
  'identityIssuer',
  'identityAudience',
  'identityJwks',
  'identityJwksUri',
  'identityRolesClaim',
  'identityGroups',
  'recordCalls',
] as const;

/**
 * Reads the environment from CDK context (`-c environment=dev -c mlflowTrackingUri=…`); `local` when
 * none is given.
 *
 * Locally AWS_ENDPOINT_URL and MLFLOW_TRACKING_URI stand in for their keys. Throws with one line a
 * missing, malformed or forbidden key.
 */
export function readEnvironment(
  node: Node,
  env: Readonly<Record<string, string | undefined>>,
): Environment {
  if (node.tryGetContext('stage') !== undefined) {
    // Unread it would mean `local`, on somebody's account.
    throw new Error('the context has no key stage; say -c environment=dev or =production');
  }
  const given: unknown = node.tryGetContext('environment');
  const environment: unknown = given ?? 'local';
  const local =
    environment === 'local'
      ? { endpointUrl: env['AWS_ENDPOINT_URL'], mlflowTrackingUri: env['MLFLOW_TRACKING_URI'] }
      : {};
  const keys = Object.fromEntries(
    KEYS.map((key): [string, unknown] => [key, node.tryGetContext(key)]).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const parsed = tryParse(Context, { ...definedOf(local), ...keys, environment });
  if (!parsed.ok) {
    throw new Error(
      `the context of environment ${typeof environment === 'string' ? environment : JSON.stringify(environment)} is wrong: ${parsed.problem}`,
    );
  }
  return environmentOf(parsed.value);
}

export function environmentOf(context: Context): Environment {
  const onAws = context.environment !== 'local';
  return {
    name: context.environment,
    context,
    onAws,
    removal: onAws ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    logRetention:
      context.environment === 'production'
        ? RetentionDays.ONE_YEAR
        : onAws
          ? RetentionDays.ONE_MONTH
          : RetentionDays.ONE_WEEK,
    architecture: onAws ? Architecture.ARM_64 : Architecture.X86_64,
  };
}

function definedOf(of: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(of).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
