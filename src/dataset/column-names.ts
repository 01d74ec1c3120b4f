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

/** What happens when, or after, the answer is known. */
const AFTERWARDS: ReadonlySet<string> = new Set(
  'outcome decision verdict resolution resolved settled settlement closed closure closing discharge discharged death died deceased cancelled canceled cancellation terminated termination refund refunded chargeback chargeoff recovery recoveries recovered collected collections repaid repayment payoff writeoff paid appeal appealed reversal reversed final followup after completed completion adjudicated readmitted readmission churned'.split(
    ' ',
  ),
);
const BEFORE: ReadonlySet<string> = new Set(
  'previous previously prior past history historical before earlier ever old former last'.split(
    ' ',
  ),
);
/** Too common to tell one target from another. */
const COMMON: ReadonlySet<string> = new Set(
  'amount class code count data date flag group has is label level name number outcome rate score status target time total type value was year'.split(
    ' ',
  ),
);
/** So many letters alike at the start make one word: denied and denial. */
const STEM = 4;

/** The word by which a column seems to be known only after the target is; null where none says so. */
export function afterwardsWord(name: string, target: string): string | null {
  const words = wordsOf(name);
  if (words.some((word) => BEFORE.has(word))) return null;
  const stems = wordsOf(target)
    .filter((word) => word.length >= STEM && !COMMON.has(word) && !SUBJECT.has(word))
    .map((word) => word.slice(0, STEM));
  const found = words.find(
    (word) =>
      AFTERWARDS.has(word) || (!COMMON.has(word) && stems.some((stem) => word.startsWith(stem))),
  );
  return found ?? null;
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

/** What is written of one person, or reaches one. */
const PERSONAL: ReadonlySet<string> = new Set(
  'email mail phone telephone mobile fax surname lastname firstname forename fullname username street address contact passport nachname vorname adresse strasse telefon'.split(
    ' ',
  ),
);
/** Whose name it is: a person's, where a product or a city has one too. */
const PERSONS: ReadonlySet<string> = new Set(
  'applicant client customer donor employee family first full given holder kunden last maiden member middle participant patient person respondent student subject subscriber user'.split(
    ' ',
  ),
);

/** Whether a name says that the cells name or reach a person: customer_name, but not product_name. */
export function namesPerson(name: string): boolean {
  const words = wordsOf(name);
  if (words.some((word) => PERSONAL.has(word))) return true;
  return words.some((word, i) => word === 'name' && PERSONS.has(words[i - 1] ?? ''));
}

export function namesRowNumber(name: string): boolean {
  return ROW_NUMBER.test(name.trim());
}

export function namesDate(name: string): boolean {
  return wordsOf(name).some((word) => DATE.has(word));
}
