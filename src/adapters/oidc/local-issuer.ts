import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  SignJWT,
} from 'jose';
import * as z from 'zod';
import { LOCAL_AUDIENCE, LOCAL_ISSUER } from '#contracts/environments.ts';
import type { Clock } from '#domain/ports/clock.ts';
import { systemClock } from '#adapters/system/clock.ts';

const HOURS = 8;

const PrivateKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string(),
});

export interface LocalIssuer {
  readonly issuer: string;
  readonly audience: string;
  /** The public key alone. */
  readonly jwks: JSONWebKeySet;
  /** A token for 8 hours. `roles` as in `approver:claims-denial`. */
  sign(who: { readonly sub: string; readonly roles: readonly string[] }): Promise<string>;
}

/**
 * An issuer on this machine: an ES256 key under `dir` (`identity-key.json`, readable by its owner
 * alone), made at first use. Only the command line and the local environment use it; a deployed environment
 * doesn't know its key.
 */
export async function localIssuer(dir: string, clock: Clock = systemClock()): Promise<LocalIssuer> {
  const key = await loadOrMake(dir);
  const { kty, crv, x, y, kid } = key;
  const signing = await importJWK(key, 'ES256');
  return {
    issuer: LOCAL_ISSUER,
    audience: LOCAL_AUDIENCE,
    jwks: { keys: [{ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }] },
    sign: ({ sub, roles }) => {
      const now = Math.trunc(Date.parse(clock.now()) / 1000);
      return new SignJWT({ roles: [...roles] })
        .setProtectedHeader({ alg: 'ES256', kid: key.kid })
        .setSubject(sub)
        .setIssuer(LOCAL_ISSUER)
        .setAudience(LOCAL_AUDIENCE)
        .setIssuedAt(now)
        .setExpirationTime(now + HOURS * 3600)
        .sign(signing);
    },
  };
}

async function loadOrMake(dir: string): Promise<z.infer<typeof PrivateKey>> {
  const file = join(dir, 'identity-key.json');
  const old = readIfThere(file);
  if (old !== undefined) return PrivateKey.parse(JSON.parse(old));
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const key = PrivateKey.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk) });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  try {
    // `wx`: of two processes at once one makes the key and the other reads it.
    writeFileSync(file, `${JSON.stringify(key)}\n`, { flag: 'wx', mode: 0o600 });
    chmodSync(file, 0o600);
    return key;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return PrivateKey.parse(JSON.parse(readFileSync(file, 'utf8')));
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
