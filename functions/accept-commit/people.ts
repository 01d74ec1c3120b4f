/** The people behind a commit, by its CI report and its submitter's token. */
import { CiReport } from '#contracts/folder/ci-report.ts';
import { parseJson } from '#contracts/parse.ts';

/** Reads a report's form; whether it belongs to this bundle is the check step's business. */
export function readReport(bytes: Uint8Array): CiReport {
  return parseJson(CiReport, bytes, 'the CI report');
}

/**
 * Those who may not approve: the submitter first, then every author of the commit's range by their
 * subject. An address that nobody mapped counts as itself, so it is at least seen.
 */
export function authorsOf(
  submitter: string,
  addresses: readonly string[],
  people: Readonly<Record<string, string>>,
): readonly string[] {
  const byAddress = new Map(
    Object.entries(people).map(([address, subject]) => [address.toLowerCase(), subject]),
  );
  const mapped = addresses.map((a) => byAddress.get(a.trim().toLowerCase()) ?? a.trim());
  return [...new Set([submitter, ...mapped])];
}
