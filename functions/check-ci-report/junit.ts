/**
 * Counts test cases in JUnit XML, strictly: what isn't well formed, or counts itself otherwise than its
 * cases add up, is no report.
 */

export interface TestCounts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  /** The cases that failed or broke, in order: the name, and the message where there is one. */
  readonly failed: readonly string[];
}

interface Open {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Cases below this element. */
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
  outcome: 'passed' | 'failure' | 'error' | 'skipped';
  /** Of the first failure. */
  message: string | undefined;
}

// One markup item: comment, CDATA, declaration, or a tag with its attributes.
const MARKUP =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const ATTRIBUTE = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** The counts, or one line that says why the text is no JUnit report. Linear in the text's length. */
export function countTests(xml: string): TestCounts | { readonly refused: string } {
  const stack: Open[] = [];
  const failed: string[] = [];
  let total: Open | undefined;
  let at = xml.startsWith('\ufeff') ? 1 : 0;
  while (at < xml.length) {
    const next = xml.indexOf('<', at);
    const text = xml.slice(at, next === -1 ? xml.length : next);
    if (stack.length === 0 && text.trim() !== '') return { refused: 'has text outside its root' };
    if (next === -1) break;
    MARKUP.lastIndex = next;
    const item = MARKUP.exec(xml);
    if (item === null) return { refused: `is not well-formed XML at character ${next}` };
    at = MARKUP.lastIndex;
    const [, closing, name, attributes, empty] = item;
    if (name === undefined) continue;
    if (closing === '/') {
      const open = stack.pop();
      if (open?.name !== name) return { refused: `closes <${name}> that is not open` };
      const problem = close(open, stack.at(-1), failed);
      if (problem !== undefined) return { refused: problem };
      continue;
    }
    if (stack.length === 0) {
      if (total !== undefined) return { refused: 'has two roots' };
      if (name !== 'testsuites' && name !== 'testsuite')
        return { refused: `is <${name}>, no suite` };
    }
    const open: Open = {
      name,
      attributes: readAttributes(attributes ?? ''),
      tests: 0,
      failures: 0,
      errors: 0,
      skipped: 0,
      outcome: 'passed',
      message: undefined,
    };
    total ??= open;
    if (empty !== '/') {
      stack.push(open);
      continue;
    }
    const problem = close(open, stack.at(-1), failed);
    if (problem !== undefined) return { refused: problem };
  }
  if (stack.length > 0) return { refused: `ends inside <${stack.at(-1)?.name ?? ''}>` };
  if (total === undefined) return { refused: 'is empty' };
  const { tests, failures, errors, skipped } = total;
  return { tests, failures, errors, skipped, failed };
}

function close(open: Open, parent: Open | undefined, failed: string[]): string | undefined {
  switch (open.name) {
    case 'testcase': {
      open.tests = 1;
      open.failures = open.outcome === 'failure' ? 1 : 0;
      open.errors = open.outcome === 'error' ? 1 : 0;
      open.skipped = open.outcome === 'skipped' ? 1 : 0;
      if (open.failures + open.errors > 0) {
        const name = open.attributes.get('name') ?? '(unnamed)';
        failed.push(open.message === undefined ? name : `${name}: ${open.message}`);
      }
      break;
    }
    case 'failure':
    case 'error':
    case 'skipped':
      // A case marked as failed and as skipped counts as failed.
      if (parent?.name !== 'testcase') return `has <${open.name}> outside a test case`;
      if (parent.outcome === 'passed' || parent.outcome === 'skipped') parent.outcome = open.name;
      if (open.name !== 'skipped') parent.message ??= textOf(open.attributes.get('message'));
      return undefined;
    case 'testsuite':
    case 'testsuites':
      for (const field of ['tests', 'failures', 'errors'] as const) {
        const said = open.attributes.get(field);
        if (said !== undefined && Number(said) !== open[field]) {
          return `says ${field}="${said.slice(0, 12)}" over ${open[field]}`;
        }
      }
      break;
    default:
      return undefined;
  }
  if (parent !== undefined) {
    parent.tests += open.tests;
    parent.failures += open.failures;
    parent.errors += open.errors;
    parent.skipped += open.skipped;
  }
  return undefined;
}

function readAttributes(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name, double, single] of text.matchAll(ATTRIBUTE)) {
    if (name !== undefined) found.set(name, double ?? single ?? '');
  }
  return found;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
};

/** An attribute's text with its entities decoded; undefined where it is empty. */
function textOf(attribute: string | undefined): string | undefined {
  const text = attribute?.replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity] ?? '');
  return text?.trim() === '' ? undefined : text;
}
