/** Who types: a login made here for the local stack, or a token brought along for AWS. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as z from 'zod';
import { ModelName } from '#contracts/folder/names.ts';
import { localIssuer } from '#adapters/oidc/local-issuer.ts';
import { ROLES } from '#domain/roles.ts';
import { Stop } from '../output.ts';
import { apiClient, type ApiClient } from '#client/client.ts';
import { IDENTITY_FOLDER, needStack, STACK_FOLDER } from '../local-stack.ts';
import { readJson, writePrivate } from '../private-files.ts';

const Login = z.strictObject({
  schemaVersion: z.literal(1),
  who: z.string(),
  roles: z.array(z.string()),
  token: z.string(),
  at: z.string(),
});
export type Login = z.infer<typeof Login>;

const WHO = /^[a-z][a-z0-9._@-]{0,63}$/;

/** Reads `approver,operator:claims-denial`; a role that doesn't exist is refused. */
export function parseRoles(text: string): string[] {
  return text.split(',').map((part) => {
    const role = part.trim();
    const [name, model, ...rest] = role.split(':');
    if (!ROLES.some((known) => known === name) || rest.length > 0) {
      throw new Stop(2, `there is no role "${role}": the roles are ${ROLES.join(', ')}`);
    }
    if (model !== undefined && !ModelName.safeParse(model).success) {
      throw new Stop(2, `"${model}" in role "${role}" is not a model's name`);
    }
    return role;
  });
}

/** Signs a token with the local stack's own key and keeps it for the verbs that follow. */
export async function login(of: { readonly who: string; readonly roles: string }): Promise<Login> {
  if (!WHO.test(of.who)) {
    throw new Stop(2, `"${of.who}" can't be a name: use lower-case letters, digits, . _ @ -`);
  }
  const roles = parseRoles(of.roles);
  await needStack();
  const issuer = await localIssuer(STACK_FOLDER);
  const token = await issuer.sign({ sub: of.who, roles });
  const made: Login = {
    schemaVersion: 1,
    who: of.who,
    roles,
    token,
    at: new Date().toISOString(),
  };
  await writePrivate(loginFile(of.who), made);
  return made;
}

export interface Session {
  readonly api: ApiClient;
  readonly who: string;
}

/**
 * The API and who speaks to it: TITLEHOLDER_API and TITLEHOLDER_TOKEN (an OIDC token) where both are
 * set, else the local stack and `as`, TITLEHOLDER_AS or the last login.
 */
export async function openSession(of: { readonly as?: string | undefined }): Promise<Session> {
  const url = process.env['TITLEHOLDER_API'];
  const token = process.env['TITLEHOLDER_TOKEN'];
  if (url !== undefined && url !== '') {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
      throw new Stop(2, `TITLEHOLDER_API is "${url}", not the URL of an API`);
    }
    if (token === undefined || token === '') {
      throw new Stop(2, 'TITLEHOLDER_API is set but TITLEHOLDER_TOKEN is not: both or neither');
    }
    return { api: apiClient({ url, token }), who: subjectOf(token) };
  }
  const { apiUrl } = await needStack();
  const { who, token: own } = await freshLogin(of);
  return { api: apiClient({ url: apiUrl, token: own }), who };
}

export interface LocalToken {
  readonly who: string;
  readonly roles: readonly string[];
  readonly token: string;
  /** ISO 8601 UTC. */
  readonly expiresAt: string;
}

/**
 * The token that the verbs of the local stack send, for other programs.
 *
 * @throws Stop 2 where TITLEHOLDER_API names a deployed API: its tokens are its identity provider's.
 */
export async function localToken(of: { readonly as?: string | undefined }): Promise<LocalToken> {
  if ((process.env['TITLEHOLDER_API'] ?? '') !== '') {
    throw new Stop(
      2,
      'token is for the local stack: the tokens of TITLEHOLDER_API come from its identity provider',
    );
  }
  await needStack();
  const { who, roles, token } = await freshLogin(of);
  const expiresAt = new Date((claims(token).exp ?? 0) * 1000).toISOString();
  return { who, roles, token, expiresAt };
}

/** The login of `as`, of TITLEHOLDER_AS, or the last one; one that the stack would refuse is refused here. */
async function freshLogin(of: { readonly as?: string | undefined }): Promise<Login> {
  const wanted = of.as ?? process.env['TITLEHOLDER_AS'];
  const found = wanted === undefined || wanted === '' ? await lastLogin() : await loginOf(wanted);
  const again = `npx titleholder login --as ${found.who} --role ${found.roles.join(',')}`;
  // A stack that was started anew has the same address and another key.
  if (!(await isKeyOf(STACK_FOLDER, found.token))) {
    throw new Stop(2, `${found.who}'s login is of an earlier stack: ${again}`);
  }
  if (isExpired(found.token)) throw new Stop(2, `${found.who}'s login has expired: ${again}`);
  return found;
}

/** Forgets every login. */
export async function forgetLogins(): Promise<void> {
  await rm(IDENTITY_FOLDER, { recursive: true, force: true });
}

async function loginOf(who: string): Promise<Login> {
  const logins = await allLogins();
  const found = logins.find((one) => one.who === who);
  if (found !== undefined) return found;
  throw new Stop(
    2,
    `${who} isn't logged in: npx titleholder login --as ${who} --role ROLE[,ROLE…]`,
  );
}

async function lastLogin(): Promise<Login> {
  const logins = await allLogins();
  const last = logins.sort((a, b) => (a.at < b.at ? -1 : 1)).at(-1);
  if (last !== undefined) return last;
  throw new Stop(2, 'nobody is logged in: npx titleholder login --as WHO --role ROLE[,ROLE…]');
}

async function allLogins(): Promise<Login[]> {
  const names = await readdir(IDENTITY_FOLDER).catch(() => []);
  const found: Login[] = [];
  for (const name of names.filter((one) => one.endsWith('.json'))) {
    const parsed = Login.safeParse(await readJson(join(IDENTITY_FOLDER, name)));
    if (parsed.success) found.push(parsed.data);
  }
  return found;
}

function loginFile(who: string): string {
  return join(IDENTITY_FOLDER, `${who}.json`);
}

async function isKeyOf(stackFolder: string, token: string): Promise<boolean> {
  const { jwks } = await localIssuer(stackFolder);
  const { kid } = decodeProtectedHeader(token);
  return jwks.keys.some((key) => key.kid === kid);
}

function isExpired(token: string): boolean {
  const { exp } = claims(token);
  return exp !== undefined && !(Date.now() < exp * 1000);
}

function subjectOf(token: string): string {
  return claims(token).sub ?? 'the token';
}

/** Reads a token without verifying it: only the server's word counts, this is for messages. */
function claims(token: string): { readonly exp?: number; readonly sub?: string } {
  try {
    return decodeJwt(token);
  } catch {
    throw new Stop(2, 'the token is not a signed token (JWT)');
  }
}
