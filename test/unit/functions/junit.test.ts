import { describe, expect, it } from 'vitest';
import { countTests } from '../../../functions/check-ci-report/junit.ts';

describe('countTests', () => {
  it('counts cases, failures, errors and skips over nested suites', () => {
    const xml = `<?xml version="1.0"?>
      <testsuites tests="4" failures="1" errors="1"><testsuite name="a" tests="3" failures="1">
        <testcase name="ok"><system-out><![CDATA[<failure/>]]></system-out></testcase>
        <testcase name="bad"><failure message="a &lt; b">why</failure></testcase>
        <testcase name="later"><skipped/></testcase></testsuite>
        <testsuite name="b"><testcase name="broken"><error/></testcase></testsuite></testsuites>`;
    expect(countTests(xml)).toEqual({
      tests: 4,
      failures: 1,
      errors: 1,
      skipped: 1,
      failed: ['bad: a < b', 'broken'],
    });
  });

  it.each([
    ['', 'is empty'],
    ['<html/>', 'is <html>, no suite'],
    ['<testsuite><testcase name="a"></testsuite>', 'closes <testsuite> that is not open'],
    ['<testsuite><testcase name="a"/>', 'ends inside <testsuite>'],
    [
      '<testsuite failures="0"><testcase><failure/></testcase></testsuite>',
      'says failures="0" over 1',
    ],
    ['<testsuite tests="2"><testcase/></testsuite>', 'says tests="2" over 1'],
    ['<testsuite tests="x"><testcase/></testsuite>', 'says tests="x" over 1'],
    ['<testsuite/><testsuite/>', 'has two roots'],
    ['<testsuite/>tail', 'has text outside its root'],
    ['<testsuite><failure/></testsuite>', 'has <failure> outside a test case'],
    ['<testsuite><a b=c></testsuite>', 'is not well-formed XML at character 11'],
  ])('refuses %j', (xml, refused) => {
    expect(countTests(xml)).toEqual({ refused });
  });

  it('takes time linear in the length of hostile text', () => {
    const hostile = `<testsuite${' a="b"'.repeat(50_000)}`;
    expect(countTests(hostile)).toHaveProperty('refused');
  });
});
