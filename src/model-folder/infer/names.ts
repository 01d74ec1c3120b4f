/** What a column's name says, in whatever spelling: `MEMBER_ID`, `memberId`, `Member-No.`, `memberid`. */

/** Words that name a subject: `customerid` ends in id as a customer's does, and `paid` doesn't. */
const SUBJECTS = [
  'account',
  'admission',
  'applicant',
  'application',
  'booking',
  'card',
  'case',
  'claim',
  'client',
  'contract',
  'customer',
  'device',
  'donor',
  'employee',
  'encounter',
  'event',
  'family',
  'hospital',
  'household',
  'invoice',
  'kunden',
  'lead',
  'loan',
  'machine',
  'member',
  'mitglieds',
  'order',
  'participant',
  'patient',
  'patienten',
  'person',
  'policy',
  'policyholder',
  'product',
  'provider',
  'record',
  'respondent',
  'row',
  'sample',
  'serial',
  'session',
  'site',
  'store',
  'student',
  'subject',
  'subscriber',
  'ticket',
  'transaction',
  'user',
  'vehicle',
  'visit',
];
const SUBJECT: ReadonlySet<string> = new Set(SUBJECTS);
const IDENTIFIER: ReadonlySet<string> = new Set(
  'id ids identifier ident uuid guid key pk uid pid eid ssn mrn npi iban vin imei oid identifiant kennung'.split(
    ' ',
  ),
);
/** These name a count or a code as often as somebody. */
const NUMBER: ReadonlySet<string> = new Set(
  'no nr num number nummer numero ref reference'.split(' '),
);
const DATE: ReadonlySet<string> = new Set(
  'date datetime time timestamp ts dt day dob epoch at on when datum zeit fecha opened created updated modified'.split(
    ' ',
  ),
);
/** As data frames and spreadsheets call the column that numbers their rows. */
const ROW_NUMBER =
  /^(?:unnamed[\s:_.]*\d*|index|level[\s_]?\d+|row|rows?[\s_.-]?(?:names?|num(?:ber)?|no|nr|index)|rn|x|v1|#|nr|no)$/i;
const FUSED = new RegExp(
  `^(?:${SUBJECTS.join('|')})(?<end>id|uuid|guid|key|no|nr|num|number|nummer)$`,
);

/** A name's words in lower case: `customerID2` is customer, id. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '');
}

/** How plainly a name says that the column tells who a row is. */
export function namesIdentifier(name: string): 'plainly' | 'perhaps' | 'no' {
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  const fused = FUSED.exec(last)?.groups?.['end'] ?? '';
  if (IDENTIFIER.has(last) || IDENTIFIER.has(fused)) return 'plainly';
  if (IDENTIFIER.has(words[0] ?? '') && words.length <= 2) return 'plainly';
  if (NUMBER.has(last) || NUMBER.has(fused)) return 'perhaps';
  return words.length === 1 && SUBJECT.has(last) ? 'perhaps' : 'no';
}

export function namesRowNumber(name: string): boolean {
  return ROW_NUMBER.test(name.trim());
}

export function namesDate(name: string): boolean {
  return wordsOf(name).some((word) => DATE.has(word));
}
