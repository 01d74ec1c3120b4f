import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwtIdentity } from '#adapters/oidc/jwt.ts';
import { localIssuer, type LocalIssuer } from '#adapters/oidc/local-issuer.ts';
import { memoryClock } from '#adapters/memory/clock.ts';
import { memoryIdentity } from '#adapters/memory/identity.ts';
import type { Identity } from '#domain/ports/identity.ts';

const dirs: string[] = [];
const tempDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'titleholder-identity-'));
  dirs.push(dir);
  return dir;
};
afterAll(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

const ADA = { subject: 'ada', grants: [{ role: 'approver', model: 'claims' }, { role: 'viewer' }] };

describeIdentity('memory', () =>
  Promise.resolve({
    identity: memoryIdentity({
      good: {
        subject: 'ada',
        grants: [{ role: 'approver', model: 'claims' }, { role: 'viewer' }],
      },
    }),
    good: 'good',
  }),
);
describeIdentity('JWT', async () => {
  const issuer = await localIssuer(tempDir());
  return {
    identity: jwtIdentity(issuer),
    good: await issuer.sign({ sub: 'ada', roles: ['approver:claims', 'viewer', 'unknown'] }),
  };
});

export function describeIdentity(
  name: string,
  make: () => Promise<{ identity: Identity; good: string }>,
): void {
  describe(`Identity: ${name}`, () => {
    it('knows who bears a good token and what they may', async () => {
      const { identity, good } = await make();
      expect(await identity.verify(good)).toEqual(ADA);
    });
    it.each(['', 'x', 'a.b.c', 'toString'])('refuses %j', async (token) => {
      const { identity } = await make();
      await expect(identity.verify(token)).rejects.toMatchObject({ name: 'Unauthenticated' });
    });
  });
}

describe('JWT identity', () => {
  let issuer: LocalIssuer;
  const clock = memoryClock('2026-03-01T10:00:00.000Z');
  beforeAll(async () => {
    issuer = await localIssuer(tempDir(), clock);
  });
  const verify = (token: string, some: object = {}) =>
    jwtIdentity({ ...issuer, clock, ...some }).verify(token);
  const unauthenticated = { name: 'Unauthenticated' };

  it('refuses a token after eight hours', async () => {
    const token = await issuer.sign({ sub: 'ada', roles: [] });
    const at = (now: string) => ({ clock: memoryClock(now) });
    await verify(token, at('2026-03-01T17:59:59.000Z'));
    await expect(verify(token, at('2026-03-01T18:00:06.000Z'))).rejects.toMatchObject({
      ...unauthenticated,
      message: 'the token is expired',
    });
  });

  it('refuses another issuer, another audience, another key', async () => {
    const token = await issuer.sign({ sub: 'ada', roles: ['admin'] });
    await expect(verify(token, { issuer: 'other' })).rejects.toMatchObject(unauthenticated);
    await expect(verify(token, { audience: 'other' })).rejects.toMatchObject(unauthenticated);
    const stranger = await localIssuer(tempDir(), clock);
    await expect(
      verify(await stranger.sign({ sub: 'ada', roles: ['admin'] })),
    ).rejects.toMatchObject(unauthenticated);
  });

  it('refuses an unsigned token, and one signed by the public key as a secret', async () => {
    const claims = { iss: issuer.issuer, aud: issuer.audience, sub: 'eve', roles: ['admin'] };
    const none = new UnsecuredJWT(claims).setExpirationTime(new Date('2027-01-01')).encode();
    await expect(verify(none)).rejects.toMatchObject(unauthenticated);
    const secret = new TextEncoder().encode(JSON.stringify(issuer.jwks.keys[0]));
    const hs = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: issuer.jwks.keys[0]!.kid! })
      .setExpirationTime(new Date('2027-01-01'))
      .sign(secret);
    await expect(verify(hs)).rejects.toMatchObject(unauthenticated);
  });

  it('refuses a token without expiry or subject', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const { exportJWK } = await import('jose');
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] };
    const token = (claims: object) =>
      new SignJWT({ iss: issuer.issuer, aud: issuer.audience, ...claims })
        .setProtectedHeader({ alg: 'ES256' })
        .sign(privateKey);
    const exp = Date.parse('2026-03-01T11:00:00Z') / 1000;
    await verify(await token({ sub: 'ada', exp }), { jwks });
    for (const claims of [{ sub: 'ada' }, { exp }, { sub: '', exp }]) {
      await expect(verify(await token(claims), { jwks })).rejects.toMatchObject(unauthenticated);
    }
  });

  it("maps the organisation's groups, and only those", async () => {
    const token = await issuer.sign({ sub: 'ada', roles: ['risk-team', 'admin', 'toString'] });
    const { grants } = await verify(token, {
      groupsToGrants: { 'risk-team': ['approver', 'approver:Wrong', 'viewer:claims'] },
    });
    expect(grants).toEqual([{ role: 'approver' }, { role: 'viewer', model: 'claims' }]);
  });

  it('makes one key for its owner alone, and finds it again', async () => {
    const dir = join(tempDir(), 'new');
    const [a, b] = await Promise.all([localIssuer(dir), localIssuer(dir)]);
    expect(a.jwks).toEqual(b.jwks);
    expect(statSync(join(dir, 'identity-key.json')).mode & 0o777).toBe(0o600);
    expect(a.jwks.keys[0]).not.toHaveProperty('d');
  });
});
