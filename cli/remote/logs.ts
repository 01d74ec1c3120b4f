/** The log lines of one run, over all functions. */
import {
  CloudWatchLogsClient,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import { LOG_GROUP_PREFIX, NAME_PREFIX } from '#contracts/physical-names.ts';
import { needStack, pointAt, type Endpoints } from '../local-stack.ts';
import { tryParseJson } from '#contracts/parse.ts';

export interface LogLine {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly function: string;
  readonly text: string;
}

/**
 * Every log line that names the run, in order of time, from the local stack or, where TITLEHOLDER_API
 * is set, from the AWS account that the SDK finds.
 */
export async function runLogs(runId: string, of?: Endpoints): Promise<LogLine[]> {
  if ((process.env['TITLEHOLDER_API'] ?? '') === '') pointAt(of ?? (await needStack()));
  const client = new CloudWatchLogsClient();
  const found: { at: number; order: number; line: LogLine }[] = [];
  for await (const page of paginateDescribeLogGroups(
    { client },
    { logGroupNamePrefix: `${LOG_GROUP_PREFIX}${NAME_PREFIX}` },
  )) {
    for (const group of page.logGroups ?? []) {
      const name = group.logGroupName ?? '';
      for await (const events of paginateFilterLogEvents(
        { client },
        // The local AWS ignores the pattern, so the lines are filtered below as well.
        { logGroupName: name, filterPattern: `"${runId}"` },
      )) {
        for (const event of events.events ?? []) {
          const text = (event.message ?? '').trimEnd();
          if (!text.includes(runId)) continue;
          const at = event.timestamp ?? 0;
          found.push({
            at,
            order: found.length,
            line: {
              at: new Date(at).toISOString(),
              function: name.slice(LOG_GROUP_PREFIX.length),
              text,
            },
          });
        }
      }
    }
  }
  // All lines of one invocation may share a time: then the order of writing decides.
  return found.sort((a, b) => a.at - b.at || a.order - b.order).map(({ line }) => line);
}

/** A line as a person reads it: when, who, what; a function's JSON as its message and what it adds. */
export function logWords(line: LogLine, runId: string): string {
  const at = `${line.at.slice(11, 23)}  ${line.function.replace(/^titleholder-[a-z]+-/, '').padEnd(20)}`;
  const entry = tryParseJson(Entry, line.text);
  if (!entry.ok) return `${at}  ${line.text}`;
  const { message, ...rest } = entry.value;
  const more = Object.entries(rest)
    .filter(([, value]) => value !== runId && value !== null)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${at}  ${message}${more.length === 0 ? '' : `  (${more.join(', ')})`}`;
}

const Entry = z.looseObject({ message: z.string() });
