/** What somebody typed behind `npm run check`, `npm test` or `npm run prove`. */
import { parseArgs } from 'node:util';
import { type Part, PARTS, type Tier, TIERS } from './parts.ts';

export const USAGE = `usage:
  npm run check                     the quick tests and the tools
  npm run check -- PATH …           the tests that these files concern, and the tools for them
  npm run check -- --watch          the tests that a file concerns, whenever one is saved
  npm test [-- --only PART …]       check, and what needs synthesis, simulation or a local stack
  npm run prove [-- --only PART …]  the same with full counts
parts: ${PARTS.join(', ')}
`;

export type Asked =
  | { readonly kind: 'parts'; readonly tier: Tier; readonly parts: readonly Part[] }
  | { readonly kind: 'paths'; readonly paths: readonly string[] }
  | { readonly kind: 'watch' };

/** @throws Error whose message is the line that says what can't be meant */
export function parse(typed: readonly string[]): Asked {
  const { values, positionals } = parseArgs({
    args: [...typed],
    allowPositionals: true,
    options: { only: { type: 'string', multiple: true }, watch: { type: 'boolean' } },
  });
  const [tier = '', ...paths] = positionals;
  if (!isTier(tier)) throw new Error(`there is no tier "${tier}"`);
  if (values.watch === true || paths.length > 0) {
    if (tier !== 'check') throw new Error(`${tier} takes no paths and no --watch`);
    if (values.only !== undefined) throw new Error('--only goes with neither paths nor --watch');
    if (values.watch !== true) return { kind: 'paths', paths };
    if (paths.length > 0)
      throw new Error('--watch takes no paths: it runs what a saved file concerns');
    return { kind: 'watch' };
  }
  const ofTier: readonly Part[] = TIERS[tier];
  const chosen = values.only ?? ofTier;
  const unknown = chosen.filter((name) => !ofTier.some((part) => part === name));
  if (unknown.length > 0) throw new Error(`${tier} has no part "${unknown.join('", "')}"`);
  return { kind: 'parts', tier, parts: ofTier.filter((part) => chosen.includes(part)) };
}

function isTier(name: string): name is Tier {
  return Object.hasOwn(TIERS, name);
}
