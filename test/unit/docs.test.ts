/** What the documents tell people to type, to open and to read exists. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { titleholder } from '../../cli/program.ts';
import type { StatusAnswer } from '#contracts/answers.ts';
import { nextCommands } from '../../cli/remote/watch.ts';
import { welcome } from '../../cli/stack.ts';
import { RUN_STATUSES } from '#domain/run.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
/** Where somebody is told what to type. */
const GUIDES = [
  ...['README.md', 'docs/runbook.md', 'docs/transcript.md'],
  'docs/tables-transcript.md',
];
/** Folders of this project at the top, as git has them. */
const FOLDERS = [
  ...['bench', 'bin', 'cli', 'demo', 'docs', 'functions', 'infra', 'localstack', 'models', 'src'],
  ...['state-machines', 'test'],
];
const DOCUMENTS = [
  ...readdirSync(PROJECT).filter((file) => file.endsWith('.md')),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => `${folder}/${file}`),
  ),
].sort();
const read = (file: string): string => readFileSync(join(PROJECT, file), 'utf8');
const SPOKEN = /(?:npx )?titleholder ((?:[a-z]|--).*)/;

/** The code of a Markdown text: lines of blocks, and what stands in backticks. */
function codeOf(markdown: string): { readonly blocks: string[]; readonly inline: string[] } {
  const blocks: string[] = [];
  let prose = '';
  let fenced: string | undefined;
  for (const line of markdown.replace(/\\\n\s*/g, '').split('\n')) {
    const fence = /^```(\w*)/.exec(line);
    if (fence !== null) fenced = fenced === undefined ? (fence[1] ?? '') : undefined;
    else if (fenced === 'mermaid') continue;
    else if (fenced !== undefined || line.startsWith('    ')) blocks.push(line.trim());
    else prose += `${line}\n`;
  }
  return { blocks, inline: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '') };
}

/** What follows the program's name, up to a comment or the next command. */
function words(command: string): string[] {
  const [one = ''] = command.split(/\s+(?:#|&&|\|)|\s{2,}|\s\(/);
  return [...one.matchAll(/"[^"]*"|'[^']*'|\S+/g)].map(([word]) => word);
}

function typedIn(file: string): string[][] {
  const { blocks, inline } = codeOf(read(file));
  // A terminal's record is read where somebody types, and what they typed was understood.
  const lines = file.endsWith('transcript.md')
    ? blocks.filter(
        (line, i) => line.startsWith('$ ') && !/^titleholder: .* --help /.test(blocks[i + 1] ?? ''),
      )
    : blocks;
  const typed = [...lines, ...inline].flatMap((line) =>
    line.split(' && ').flatMap((part) => SPOKEN.exec(part)?.[1] ?? []),
  );
  // The runbook leaves the program's name out.
  const short = file.endsWith('runbook.md')
    ? inline.filter((code) => /^[a-z]+ /.test(code) && !/^(npm|npx) /.test(code))
    : [];
  return [...typed, ...short].map(words);
}

/** What is wrong with a command; undefined when nothing is. */
function wrong(typed: readonly string[]): string | undefined {
  let verb: Command = titleholder();
  const rest = [...typed];
  for (let next = rest[0]; next !== undefined && verb.commands.length > 0; next = rest[0]) {
    if (next === '--help') return undefined;
    const found = verb.commands.find((command) => command.name() === next);
    if (found === undefined) return `there is no verb "${next}"`;
    verb = found;
    rest.shift();
  }
  let given = 0;
  const named = new Set<string>();
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('-')) {
      given++;
      continue;
    }
    if (word === '--help') return undefined;
    const option = verb.options.find((one) => one.long === word || one.short === word);
    if (option === undefined) return `${verb.name()} has no option ${word}`;
    named.add(word);
    if (option.required || (option.optional && rest[0]?.startsWith('-') === false)) rest.shift();
  }
  // `status` alone speaks of the verb; with anything behind it, it is meant to be typed.
  if (given === 0 && named.size === 0) return undefined;
  const least = verb.registeredArguments.filter((argument) => argument.required).length;
  if (given < least || given > verb.registeredArguments.length) {
    return `${verb.name()} takes ${least} arguments, not ${given}`;
  }
  const missing = verb.options.find((one) => one.mandatory && !named.has(one.long ?? ''));
  return missing === undefined ? undefined : `${verb.name()} wants ${missing.long ?? ''}`;
}

function mistakes(commands: readonly (readonly string[])[]): string[] {
  return commands.flatMap((typed) => {
    const problem = wrong(typed);
    return problem === undefined ? [] : [`${typed.join(' ')}: ${problem}`];
  });
}

it.each(GUIDES)('%s says what to type', (file) => {
  expect(typedIn(file).length).toBeGreaterThan(5);
});

describe.each(DOCUMENTS)('%s', (file) => {
  it('names verbs, arguments and options that exist', () => {
    expect(mistakes(typedIn(file))).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const { blocks, inline } = codeOf(read(file));
    const named = [...blocks, ...inline].flatMap((line) =>
      [...line.matchAll(/\bnpm (?:run )?([a-z]+)\b/g)].map(([, name]) => name ?? ''),
    );
    expect(named.filter((name) => scripts[name] === undefined && name !== 'ci')).toEqual([]);
  });

  it('links to files that exist', () => {
    expect(linksOf(file).filter((to) => !existsSync(to))).toEqual([]);
  });

  it('names files and folders that exist', () => {
    const { inline } = codeOf(read(file));
    const path = new RegExp(`^(?:${FOLDERS.join('|')})/[\\w./@-]*$`);
    const there = (to: string) =>
      existsSync(join(PROJECT, to)) || existsSync(resolve(PROJECT, dirname(file), to));
    expect(inline.filter((word) => path.test(word) && !there(word))).toEqual([]);
  });
});

/** Where its links lead, without those to the web. */
function linksOf(file: string): string[] {
  const links = [...read(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)];
  return links.map(([, to]) => resolve(PROJECT, dirname(file), to ?? ''));
}

it('docs/README.md has every document and picture', () => {
  const linked = linksOf('docs/README.md');
  const documents = readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(md|json|png)$/.test(file) && file !== 'README.md')
    .map((file) => join(PROJECT, 'docs', file));
  expect(documents.filter((file) => !linked.includes(file))).toEqual([]);
});

it("README.md's table has the folders that there are", () => {
  const [, table = ''] = read('README.md').split('\n## Folders\n');
  const rows = [...table.matchAll(/^\| `([a-z-]+)\/` \|/gm)].map(([, name]) => name);
  expect(rows.toSorted()).toEqual(FOLDERS);
  const found = readdirSync(PROJECT, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() && !/^(\.|node_modules$|cdk\.out$|dist$|coverage$)/.test(entry.name),
    )
    .map((entry) => entry.name);
  expect(found.toSorted()).toEqual(FOLDERS);
});

it('a stack that came up and a run that stopped name commands that exist', () => {
  const place = 'http://127.0.0.1:1';
  const text = welcome({
    schemaVersion: 1,
    awsEndpointUrl: place,
    mlflowTrackingUri: place,
    apiUrl: place,
    stagingApiUrl: place,
    outputs: {},
    pid: 1,
  });
  // Only what the next step depends on.
  const answer = (status: string, pending: unknown): StatusAnswer =>
    ({ run: { runId: 'RUN', model: 'MODEL', status }, pending }) as unknown as StatusAnswer;
  const next = [
    ...RUN_STATUSES.map((status) => answer(status, null)),
    ...['approval', 'continue', 'acceptance'].map((kind) => answer('held', { kind })),
  ].flatMap(nextCommands);
  const typed = [...text.split('\n'), ...next].flatMap((line) => SPOKEN.exec(line)?.[1] ?? []);
  expect(typed.length).toBeGreaterThan(10);
  expect(mistakes(typed.map(words))).toEqual([]);
});

it.each([
  ['aprove RUN', 'there is no verb "aprove"'],
  ['rollback MODEL', 'rollback wants --reason'],
  ['ledger verify', undefined],
  ['champion', undefined],
  ['runs --modle credit', 'runs has no option --modle'],
  ['approve RUN MODEL', 'approve takes 1 arguments, not 2'],
])('%s is found out', (typed, problem) => {
  expect(wrong(typed.split(' '))).toBe(problem);
});

it('every verb has --json', () => {
  const leaves = (command: Command): Command[] =>
    command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
  const without = leaves(titleholder()).filter(
    (verb) => !verb.options.some((option) => option.long === '--json'),
  );
  expect(without.map((verb) => verb.name())).toEqual([]);
});
