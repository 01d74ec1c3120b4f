/** The events' table, the README's, and what a consumer takes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  envelopeOf,
  EVENT_ROUTES,
  EVENT_SOURCE,
  type EventType,
  EVENTS,
  typesConsumedBy,
  typesPublishedBy,
} from '#contracts/events.ts';

const README = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');
const types: readonly EventType[] = ['CommitPushed', 'ChampionMoved', 'RunRejected'];

describe('an event', () => {
  it.each(types)('is in the README with who publishes it and whom it is for: %s', (type) => {
    const row = README.split('\n').find((line) => line.startsWith(`| \`${type}\` |`)) ?? '';
    const [, , from = '', to = ''] = row.split('|');
    const named = (cell: string) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name);
    expect(named(from)).toEqual(EVENT_ROUTES[type].from);
    expect(named(to)).toEqual([EVENT_ROUTES[type].to]);
  });

  it('has a route, and each route is one of an event', () => {
    expect(Object.keys(EVENT_ROUTES)).toEqual(Object.keys(EVENTS));
    expect(types).toEqual(Object.keys(EVENTS));
    expect(typesPublishedBy('accept-commit')).toEqual(['CommitPushed']);
    expect(typesConsumedBy('mirror-champion')).toEqual(['ChampionMoved', 'RunRejected']);
    expect(typesPublishedBy('read-pipeline')).toEqual([]);
  });

  it('is taken with the fields of EventBridge around it, and only as what it says it is', () => {
    const detail = {
      schemaVersion: 1,
      model: 'claims',
      kind: 'rejected',
      runId: 'r',
      sequence: 1,
      trackingRunId: 't',
      actor: 'ben',
      reason: 'no',
      at: '2026-01-02T03:04:05.000Z',
    };
    const event = { id: 'x', source: EVENT_SOURCE, 'detail-type': 'RunRejected', detail };
    expect(envelopeOf('RunRejected').parse(event)).toEqual(event);
    for (const wrong of [
      { ...event, source: 'somebody' },
      { ...event, 'detail-type': 'ChampionMoved' },
      { ...event, detail: { ...detail, submitter: 'ana' } },
    ]) {
      expect(envelopeOf('RunRejected').safeParse(wrong).success).toBe(false);
    }
  });
});
