import {
  createLocalJWKSet,
  createRemoteJWKSet,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import * as z from 'zod';
import { TitleholderError } from '#domain/errors.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { Identity } from '#domain/ports/identity.ts';
import { type Principal, ROLES } from '#domain/roles.ts';

export interface JwtIdentityOptions {
  readonly issuer: string;
  readonly audience: string;
  /** The issuer's public keys, or where they are. */
  readonly jwks?: JSONWebKeySet;
  readonly jwksUri?: string;
  /** The claim that holds roles or groups: an array, or words in one string. Default `roles`. */
  readonly rolesClaim?: string;
  /** The organisation's groups → grants (`approver:claims-denial`); when given, only these count. */
  readonly groupsToGrants?: Readonly<Record<string, readonly string[]>>;
  /** For tests; default the machine's clock. */
  readonly clock?: Clock;
}

/** Asymmetric only: with `none` anybody could sign, with HS256 anybody who knows the public key. */
const ALGORITHMS = ['ES256', 'RS256'];
/** Clocks differ a little. */
const TOLERANCE_SECONDS = 5;

/**
 * Verifies signed bearer tokens: signature, issuer, audience, expiry (mandatory), subject.
 *
 * Grants are `role` or `role:model`; what isn't one of ours grants nothing, since a token carries other
 * applications' groups too. Throws `Unauthenticated`, never saying why to the caller in detail, and
 * `Unavailable` when the keys can't be fetched.
 */
export function jwtIdentity(options: JwtIdentityOptions): Identity {
  const { issuer, audience, jwks, jwksUri, clock, rolesClaim = 'roles', groupsToGrants } = options;
  const keys =
    jwks !== undefined
      ? createLocalJWKSet(jwks)
      : createRemoteJWKSet(new URL(required(jwksUri)), { timeoutDuration: 3_000 });

  return {
    async verify(token) {
      let payload: JWTPayload;
      try {
        const verified = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms: ALGORITHMS,
          clockTolerance: TOLERANCE_SECONDS,
          requiredClaims: ['sub', 'exp'],
          ...(clock === undefined ? {} : { currentDate: new Date(clock.now()) }),
        });
        payload = verified.payload;
      } catch (cause) {
        throw refusal(cause);
      }
      const { sub } = payload;
      if (sub === undefined || sub === '') throw refusal(undefined);
      const claimed = Claim.safeParse(payload[rolesClaim]);
      const names = claimed.success ? claimed.data : [];
      const grants = groupsToGrants === undefined ? names : names.flatMap(mapped(groupsToGrants));
      return { subject: sub, grants: grants.flatMap(grantOf) };
    },
  };
}

const Claim = z.union([
  z.array(z.string()),
  z.string().transform((words) => words.split(/[\s,]+/).filter((w) => w !== '')),
]);

type Grant = Principal['grants'][number];

/** `role` or `role:model` as a grant; nothing when it isn't one. */
export function grantOf(text: string): readonly Grant[] {
  const match = /^([a-z]+)(?::([a-z][a-z0-9-]{0,29}))?$/.exec(text);
  const role = ROLES.find((r) => r === match?.[1]);
  if (role === undefined) return [];
  const model = match?.[2];
  return [model === undefined ? { role } : { role, model }];
}

function mapped(groups: Readonly<Record<string, readonly string[]>>) {
  return (name: string): readonly string[] =>
    Object.hasOwn(groups, name) ? (groups[name] ?? []) : [];
}

/** Failures to fetch the keys aren't the caller's fault. */
const KEYS_MISSING = ['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC'];

function refusal(cause: unknown): TitleholderError {
  const code =
    typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  const fetched = cause instanceof TypeError && /fetch/i.test(cause.message);
  if (fetched || (typeof code === 'string' && KEYS_MISSING.includes(code))) {
    return new TitleholderError('Unavailable', "the issuer's keys can't be fetched", {}, { cause });
  }
  const why = code === 'ERR_JWT_EXPIRED' ? 'the token is expired' : 'the token is not valid';
  return new TitleholderError('Unauthenticated', why, {}, { cause });
}

function required(uri: string | undefined): string {
  if (uri === undefined) throw new Error('jwtIdentity needs jwks or jwksUri');
  return uri;
}
