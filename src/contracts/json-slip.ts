/** Where a text stops being JSON: the engine's own message often doesn't say, and quotes the text. */

const SPACE = /[ \t\n\r]*/y;
const TOKEN =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/y;
/** As much of a string as could be one. */
const STRING_START = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

type Wanted = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end';

/**
 * Index of the first character that no JSON has there; null where the text is JSON (RFC 8259). The
 * text's length where it ends too early.
 */
export function jsonSlip(text: string): number | null {
  const open: ('{' | '[')[] = [];
  let wanted: Wanted = 'value';
  let isDone = false;
  let at = 0;
  for (;;) {
    at = endOf(SPACE, text, at) ?? at;
    if (at === text.length) return isDone ? null : at;
    if (isDone) return at;
    const end = endOf(TOKEN, text, at);
    if (end === undefined) return endOf(STRING_START, text, at) ?? at;
    const token = text.slice(at, end);
    const next = after(token, wanted, open);
    if (next === null) return at;
    wanted = next;
    isDone = wanted === ', or end' && open.length === 0;
    at = end;
  }
}

/** An editor may have put a byte order mark before a text. */
export function withoutMark(text: string): string {
  return text.replace(/^\ufeff/, '');
}

/** `line 3, character 7`, both from 1; of a text of one line the character alone. */
export function placeIn(text: string, at: number): string {
  const lines = text.slice(0, at).split('\n');
  const character = `character ${(lines.at(-1) ?? '').length + 1}`;
  return text.trimEnd().includes('\n') ? `line ${lines.length}, ${character}` : character;
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** What may stand behind a token; null where it doesn't belong there. */
function after(token: string, wanted: Wanted, open: ('{' | '[')[]): Wanted | null {
  const isValueWanted = wanted === 'value' || wanted === 'value or ]';
  switch (token) {
    case '{':
    case '[':
      if (!isValueWanted) return null;
      open.push(token);
      return token === '{' ? 'key or }' : 'value or ]';
    case '}':
    case ']': {
      const isEmpty = wanted === (token === '}' ? 'key or }' : 'value or ]');
      if (!isEmpty && wanted !== ', or end') return null;
      return open.pop() === (token === '}' ? '{' : '[') ? ', or end' : null;
    }
    case ',':
      if (wanted !== ', or end') return null;
      return open.at(-1) === '{' ? 'key' : 'value';
    case ':':
      return wanted === ':' ? 'value' : null;
    default:
      if (isValueWanted) return ', or end';
      return (wanted === 'key' || wanted === 'key or }') && token.startsWith('"') ? ':' : null;
  }
}
