/** The container's files: pinned, open to this machine alone, and no image that wants a token. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(PROJECT, file), 'utf8');
const compose = read('docker-compose.yml');
const dockerfile = read('Dockerfile');

describe('the container', () => {
  it('is built from a pinned base that can be replaced, the same in both files', () => {
    const [, base = ''] = /^ARG BASE=(\S+)$/m.exec(dockerfile) ?? [];
    expect(base).toMatch(/^[a-z]+:\d+\.\d+\.\d+-/);
    expect(dockerfile.match(/^FROM .*$/gm)).toEqual(['FROM ${BASE}']);
    expect(compose).toContain(`BASE: \${TITLEHOLDER_BASE:-${base}}`);
    expect(compose).toContain(`image: titleholder:${JSON.parse(read('package.json')).version}`);
    expect(`${compose}${dockerfile}`).not.toMatch(/:latest|localstack\/localstack/);
  });

  it('publishes no port, for its servers listen on 127.0.0.1 of the host’s network', () => {
    expect(compose).not.toMatch(/^\s*ports:/m);
    expect(compose).toMatch(/^\s*network_mode: host$/m);
    expect(compose).not.toMatch(/privileged|docker\.sock|0\.0\.0\.0/);
  });

  it('runs the stack of `npm start`, set up from the same pins, and not as root', () => {
    expect(dockerfile).toMatch(/^RUN node bin\/setup\.mjs$/m);
    expect(dockerfile).toMatch(/^CMD \["node", "bin\/titleholder\.mjs", "up"\]$/m);
    expect(dockerfile.indexOf('\nUSER titleholder')).toBeGreaterThan(0);
    // Whatever a machine has set up is not the container's.
    for (const left of ['node_modules', '.local']) expect(read('.dockerignore')).toContain(left);
  });
});
