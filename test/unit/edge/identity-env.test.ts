/** Claims → roles is configuration: what a function's variables say decides who may do what. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { configuredIdentity } from '#adapters/oidc/configured.ts';
import { identityEnv } from '#edge/identity-env.ts';

const { privateKey, publicKey } = await generateKeyPair('ES256');
const VARS = {
  ENVIRONMENT: 'local',
  IDENTITY_ISSUER: 'us',
  IDENTITY_AUDIENCE: 'titleholder',
  IDENTITY_JWKS: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] }),
};
const TOKEN = await new SignJWT({ roles: ['viewer'], groups: ['ml-approvers', 'admin'] })
  .setProtectedHeader({ alg: 'ES256' })
  .setSubject('ada')
  .setIssuer('us')
  .setAudience('titleholder')
  .setExpirationTime('1h')
  .sign(privateKey);

const grantsBy = async (vars: object) =>
  (await configuredIdentity(identityEnv.parse({ ...VARS, ...vars })).verify(TOKEN)).grants;

describe('a function’s identity', () => {
  it('takes roles from the claim `roles` when nothing is said', async () => {
    expect(await grantsBy({})).toEqual([{ role: 'viewer' }]);
  });

  it('takes them from another claim', async () => {
    expect(await grantsBy({ IDENTITY_ROLES_CLAIM: 'groups' })).toEqual([{ role: 'admin' }]);
  });

  it('maps groups to grants, and then no name of a role grants anything by itself', async () => {
    const groups = '{"ml-approvers":["approver:claims-denial","viewer"]}';
    expect(await grantsBy({ IDENTITY_ROLES_CLAIM: 'groups', IDENTITY_GROUPS: groups })).toEqual([
      { role: 'approver', model: 'claims-denial' },
      { role: 'viewer' },
    ]);
    expect(await grantsBy({ IDENTITY_GROUPS: groups })).toEqual([]);
  });

  it.each([
    ['no JSON', '{', /is not JSON/],
    ['no group', '{}', /names no group/],
    ['a misspelled role', '{"g":["aprover"]}', /a grant is a role/],
    ['no list', '{"g":"admin"}', /IDENTITY_GROUPS/],
  ])('does not start with %s', (_what, groups, message) => {
    expect(() => identityEnv.parse({ ...VARS, IDENTITY_GROUPS: groups })).toThrow(message);
  });
});
