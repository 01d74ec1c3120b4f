/** Where a verb's words go, and what its exit code means. */
import { CommanderError } from 'commander';
import { AnswerUnreadable, ApiRefusal, ApiUnreachable } from '#client/client.ts';
import { TitleholderError } from '#domain/errors.ts';
import { LocalStackError, LocalStackRefused } from '../localstack/errors.ts';

/** 0 yes · 1 no · 2 bad input, or refused · 3 something can't be reached · 70 a defect. */
export type ExitCode = 0 | 1 | 2 | 3 | 70;

/** Ends a verb with one line for the person and a code for the shell. */
export class Stop extends Error {
  override readonly name = 'Stop';
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface Output {
  /** Data, to stdout: as JSON where asked for, else as the words. */
  readonly data: (value: unknown, words: string) => void;
  /** Words for a person, to stderr. */
  readonly say: (line: string) => void;
}

export function terminalOutput(json: boolean): Output {
  return {
    data: (value, words) => {
      process.stdout.write(`${json ? JSON.stringify(value, null, 2) : words}\n`);
    },
    say: (line) => {
      process.stderr.write(`${line}\n`);
    },
  };
}

const UNREACHABLE: readonly string[] = ['Unavailable', 'TrackingUnavailable'];

/** The one line and the code that an error ends with; an error nobody expected is a defect. */
export function endOf(error: unknown): { readonly code: ExitCode; readonly line: string } {
  if (error instanceof Stop) return { code: error.code, line: error.message };
  if (error instanceof AnswerUnreadable) return { code: 70, line: error.message };
  if (error instanceof ApiUnreachable) {
    return { code: 3, line: `${error.message}: is the stack up (npm start)?` };
  }
  if (error instanceof ApiRefusal) return { code: codeOf(error.status), line: error.message };
  if (error instanceof LocalStackRefused) return { code: 2, line: error.message };
  if (error instanceof LocalStackError) return { code: 3, line: error.message };
  if (error instanceof TitleholderError) {
    return { code: UNREACHABLE.includes(error.name) ? 3 : 2, line: error.message };
  }
  const line = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 70, line: `a defect in titleholder, please report it: ${line}` };
}

/** Says on stderr why a verb ended, unless that was said already. @returns the exit code */
export function sayEnd(error: unknown): ExitCode {
  // Commander said it; asking for help is no mistake.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const { code, line } = endOf(error);
  process.stderr.write(`titleholder: ${line}\n`);
  return code;
}

/** 2 for the caller's doing, 3 where something behind the API didn't answer. */
function codeOf(status: number): ExitCode {
  if (status < 500) return 2;
  return status === 502 || status === 503 || status === 504 ? 3 : 70;
}

/** A table of aligned columns; numbers are not treated apart. */
export function textTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  indent = '',
): string {
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  return [headings, ...rows]
    .map((row) =>
      `${indent}${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd(),
    )
    .join('\n');
}
