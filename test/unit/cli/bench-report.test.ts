import { describe, expect, it } from 'vitest';
import { markdown } from '../../../bench/report.ts';

describe('the table of benchmarks', () => {
  it('gives median, spread and count', () => {
    const text = markdown([{ name: 'x', unit: 's', aim: '2', values: [1, 5, 3] }], {
      processor: 'P',
      cores: 2,
      memoryGb: 8,
      node: 'v24',
      platform: 'linux x64',
      day: '2026-01-01',
    });
    expect(text).toContain('| x | 3.0 s | 1.0 to 5.0 | 3 | 2 |');
  });
});
