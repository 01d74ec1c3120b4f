/** docs/refusals.md: every bad input of these tests with the line it gives. Written with --update. */
import { RUN_IDS } from '#domain/run-id.ts';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const FILE = resolve(import.meta.dirname, '../../../docs/refusals.md');
/** `TITLEHOLDER_UPDATE=1` writes the document instead of comparing with it. */
const UPDATE = process.env['TITLEHOLDER_UPDATE'] === '1';
const TITLE = `# What is refused, and in which words

Written by the tests in test/stack on a running stack and by those of test/unit/cli
(\`TITLEHOLDER_UPDATE=1\`); a line that changes fails them. Nothing changes by any of these.
`;

export interface Refusal {
  readonly what: string;
  /** HTTP status, exit code or the status of the run. */
  readonly answer: string;
  readonly line: string;
}

/** The section's text as it should stand in the document, and the text that stands there. */
export function documented(
  title: string,
  refusals: readonly Refusal[],
): { readonly expected: string; readonly found: string | undefined } {
  const rows = refusals.map(({ what, answer, line }) => [what, answer, anonymous(line)].map(cell));
  const expected = [
    `## ${title}`,
    '',
    '| what | answer | the line |',
    '|---|---|---|',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
  const sections = existsSync(FILE) ? readFileSync(FILE, 'utf8').split(/\n(?=## )/) : [TITLE];
  const at = sections.findIndex((section) => section.startsWith(`## ${title}\n`));
  if (!UPDATE) return { expected, found: sections[at]?.trimEnd() };
  const others = sections.slice(1).filter((section) => !section.startsWith(`## ${title}\n`));
  const all = [...others.map((section) => section.trimEnd()), expected].sort();
  writeFileSync(
    FILE,
    `${[TITLE, ...all].join('\n').trimEnd()}\n`
      .replaceAll('\n## ', '\n\n## ')
      .replaceAll('\n\n\n', '\n\n'),
  );
  return { expected, found: expected };
}

/** What differs from run to run, as names. */
function anonymous(line: string): string {
  return line
    .replace(RUN_IDS, 'RUN')
    .replace(/sha256:[0-9a-f]{64}/g, 'sha256:…')
    .replace(/\b[0-9a-f]{40}\b/g, 'COMMIT')
    .replace(/packs to \d+ bytes/, 'packs to N bytes')
    .replace(/\/[^\s:]*\/models\//g, 'models/')
    .replace(/\b([a-z]+)-[0-9a-f]{6}\b/g, '$1');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
