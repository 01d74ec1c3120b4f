/**
 * Synthetic medical claims: made up, seeded, byte-identical for a seed, with a written-down truth.
 *
 * A claim's chance of denial is a function of its own columns, `denialProbability`, and its status is
 * one draw from it. So the best possible accuracy and AUC are known, and nothing is hidden in the
 * member. The signal lies in thresholds and combinations (an authorisation counts for three kinds of
 * service, late filing only from a day on), which a linear model can't express.
 */
import { type Random, substream } from '#learning/random.ts';
import { writeCsv } from '#dataset/csv.ts';

export const CPT_BUCKETS = [
  'office-visit',
  'emergency-visit',
  'imaging',
  'laboratory',
  'surgery',
  'infusion',
  'physical-therapy',
  'mental-health',
  'preventive',
  'equipment',
] as const;
export type CptBucket = (typeof CPT_BUCKETS)[number];

export const PROVIDER_TYPES = [
  'hospital',
  'clinic',
  'specialist',
  'laboratory',
  'supplier',
] as const;
export type ProviderType = (typeof PROVIDER_TYPES)[number];

/** Twenty groups: D01 to D20. D16 to D20 are chronic. */
export const DIAGNOSIS_GROUPS: readonly string[] = Array.from(
  { length: 20 },
  (_, i) => `D${String(i + 1).padStart(2, '0')}`,
);

export interface Claim {
  /** C00000001, … in the order of the table. */
  readonly claim_id: string;
  /** M000001, …; a member has one to seven claims, in the order of time. */
  readonly member_id: string;
  /** ISO 8601 date, 2023 to 2024. */
  readonly service_date: string;
  readonly cpt_code: CptBucket;
  readonly provider_type: ProviderType;
  readonly diagnosis_code: string;
  /** Dollars, two decimals. */
  readonly billed_amount: number;
  readonly allowed_amount: number;
  /** Years, on the service date. */
  readonly age: number;
  readonly units: number;
  readonly prior_auth: 'yes' | 'no';
  readonly in_network: 'yes' | 'no';
  readonly days_to_submit: number;
}

export interface LabelledClaim extends Claim {
  readonly status: 'Approved' | 'Denied';
}

export interface ClaimsOptions {
  readonly rows: number;
  /** Any safe integer; 0 is a seed. */
  readonly seed: number;
  /** Share of denied claims, 0.05 to 0.95. */
  readonly baseRate?: number;
  /** Temperature of the logistic: near 0 the rules decide, large values drown them. */
  readonly difficulty?: number;
}

export const DEFAULT_BASE_RATE = 0.3;
export const DEFAULT_DIFFICULTY = 0.56;
/** The cut-off that gives the default base rate at the default difficulty; a test computes it again. */
export const DEFAULT_CUTOFF = 2.209549591813529;

/** Where an authorisation is asked for. */
const NEEDS_AUTHORISATION: ReadonlySet<string> = new Set(['imaging', 'surgery', 'infusion']);

/**
 * How strongly a claim invites denial: the sum of the rules that it breaks. 0 is a clean claim.
 *
 * Written as the rules of a payer, each a threshold or a combination of columns.
 */
export function denialScore(claim: Claim): number {
  let score = 0;
  if (NEEDS_AUTHORISATION.has(claim.cpt_code) && claim.prior_auth === 'no') score += 3.5;
  if (claim.days_to_submit > 90) score += 3.2;
  const outside = claim.in_network === 'no' && claim.cpt_code !== 'emergency-visit';
  if (outside && claim.provider_type !== 'hospital') score += 2.8;
  if (claim.billed_amount > 2.5 * claim.allowed_amount) score += 2.4;
  if (claim.units > 8) score += claim.prior_auth === 'no' ? 3.2 : 0.3;
  if (claim.cpt_code === 'preventive' && claim.age < 18) score += 2;
  return score;
}

/** The true chance that a claim is denied: logistic((score − cutoff) / difficulty). */
export function denialProbability(
  claim: Claim,
  truth: { readonly cutoff: number; readonly difficulty: number } = {
    cutoff: DEFAULT_CUTOFF,
    difficulty: DEFAULT_DIFFICULTY,
  },
): number {
  return 1 / (1 + Math.exp((truth.cutoff - denialScore(claim)) / truth.difficulty));
}

/** Claims of the reference sample from which a cut-off is found. */
const REFERENCE_ROWS = 20_000;

/** The cut-off at which the mean chance of denial is the base rate, over a fixed reference sample. */
export function cutoffFor(baseRate: number, difficulty: number): number {
  const scores = Array.from(draw(REFERENCE_ROWS, substream(0, 'claims', 'reference')), denialScore);
  let [low, high] = [-20, 40];
  for (let step = 0; step < 60; step += 1) {
    const cutoff = (low + high) / 2;
    let sum = 0;
    for (const score of scores) sum += 1 / (1 + Math.exp((cutoff - score) / difficulty));
    if (sum / scores.length > baseRate) low = cutoff;
    else high = cutoff;
  }
  return (low + high) / 2;
}

/** Claims one after the other; the first n of a longer table are the n of a shorter one. */
export function* claims(options: ClaimsOptions): Generator<LabelledClaim> {
  const { baseRate = DEFAULT_BASE_RATE, difficulty = DEFAULT_DIFFICULTY } = options;
  const standard = baseRate === DEFAULT_BASE_RATE && difficulty === DEFAULT_DIFFICULTY;
  const cutoff = standard ? DEFAULT_CUTOFF : cutoffFor(baseRate, difficulty);
  // A stream of its own, so that base rate and difficulty change statuses and nothing else.
  const chance = substream(options.seed, 'claims', 'status');
  for (const claim of draw(options.rows, substream(options.seed, 'claims', 'columns'))) {
    const denied = chance.nextFloat() < denialProbability(claim, { cutoff, difficulty });
    yield { ...claim, status: denied ? 'Denied' : 'Approved' };
  }
}

export const CLAIM_COLUMNS = [
  'claim_id',
  'member_id',
  'service_date',
  'cpt_code',
  'provider_type',
  'diagnosis_code',
  'billed_amount',
  'allowed_amount',
  'age',
  'units',
  'prior_auth',
  'in_network',
  'days_to_submit',
  'status',
] as const satisfies readonly (keyof LabelledClaim)[];

/** The claims as CSV with a header. */
export function claimsCsv(options: ClaimsOptions): Uint8Array<ArrayBuffer> {
  return writeCsv([...CLAIM_COLUMNS], csvRows(options));
}

function* csvRows(options: ClaimsOptions): Generator<string[]> {
  for (const claim of claims(options)) yield CLAIM_COLUMNS.map((name) => cell(claim[name]));
}

function cell(value: string | number): string {
  return String(value);
}

/** Dollars of one unit: the middle of what is allowed. */
const PRICE: Readonly<Record<CptBucket, number>> = {
  'office-visit': 110,
  'emergency-visit': 640,
  imaging: 420,
  laboratory: 60,
  surgery: 2400,
  infusion: 900,
  'physical-therapy': 75,
  'mental-health': 130,
  preventive: 95,
  equipment: 210,
};
/** How often each bucket comes, in the order of CPT_BUCKETS; of 100. */
const FREQUENCY = [22, 7, 14, 14, 8, 8, 9, 7, 6, 5];
const MANY_UNITS: ReadonlySet<string> = new Set(['physical-therapy', 'infusion', 'equipment']);
/** 2023-01-01 as days since 1970, and two years. */
const FIRST_DAY = 19_358;
const DAYS = 731;
const DAY_MS = 86_400_000;

function* draw(rows: number, random: Random): Generator<Claim> {
  let made = 0;
  for (let member = 1; made < rows; member += 1) {
    const birth = FIRST_DAY - Math.floor(365.25 * (1 + 84 * random.nextFloat()));
    const usualNetwork = random.nextFloat() < 0.9;
    const chronic = random.nextFloat() < 0.3 ? 15 + random.nextInt(5) : -1;
    const days = Array.from(
      { length: 1 + random.nextInt(7) },
      () => FIRST_DAY + random.nextInt(DAYS),
    );
    days.sort((a, b) => a - b);
    for (const day of days) {
      // Every claim takes its draws whether it is wanted or not, so a table's prefix never changes.
      const claim = drawClaim(random, made + 1, member, day, birth, usualNetwork, chronic);
      if (made === rows) return;
      made += 1;
      yield claim;
    }
  }
}

function drawClaim(
  random: Random,
  number: number,
  member: number,
  day: number,
  birth: number,
  usualNetwork: boolean,
  chronic: number,
): Claim {
  const cpt = pickBucket(random);
  const provider_type = pickProvider(random, cpt);
  const diagnosis = chronic >= 0 && random.nextFloat() < 0.6 ? chronic : random.nextInt(20);
  const units = MANY_UNITS.has(cpt) ? 1 + random.nextInt(12) : 1 + random.nextInt(3);
  // The sum of three uniforms is bell-shaped and needs no logarithm, whose last bit engines may differ in.
  const bell = (random.nextFloat() + random.nextFloat() + random.nextFloat()) / 1.5;
  const allowed_amount = cents(PRICE[cpt] * (0.35 + 0.65 * bell) * Math.sqrt(units));
  const excessive = random.nextFloat() < 0.09;
  const markup = excessive ? 2.5 + 1.5 * random.nextFloat() : 1.05 + 1.2 * random.nextFloat();
  const asked = NEEDS_AUTHORISATION.has(cpt);
  const late = random.nextFloat() < 0.1;
  return {
    claim_id: `C${String(number).padStart(8, '0')}`,
    member_id: `M${String(member).padStart(6, '0')}`,
    service_date: new Date(day * DAY_MS).toISOString().slice(0, 10),
    cpt_code: cpt,
    provider_type,
    diagnosis_code: DIAGNOSIS_GROUPS[diagnosis] ?? 'D01',
    billed_amount: cents(allowed_amount * markup),
    allowed_amount,
    age: Math.floor((day - birth) / 365.25),
    units,
    prior_auth: random.nextFloat() < (asked ? 0.72 : 0.3) ? 'yes' : 'no',
    in_network: random.nextFloat() < (usualNetwork ? 0.93 : 0.35) ? 'yes' : 'no',
    days_to_submit: late ? 91 + random.nextInt(90) : 1 + random.nextInt(90),
  };
}

function pickBucket(random: Random): CptBucket {
  let left = random.nextInt(100);
  for (const [i, bucket] of CPT_BUCKETS.entries()) {
    left -= FREQUENCY[i] ?? 0;
    if (left < 0) return bucket;
  }
  return 'office-visit';
}

function pickProvider(random: Random, cpt: CptBucket): ProviderType {
  const other = PROVIDER_TYPES[random.nextInt(PROVIDER_TYPES.length)] ?? 'clinic';
  if (random.nextFloat() < 0.4) return other;
  switch (cpt) {
    case 'emergency-visit':
    case 'surgery':
    case 'infusion':
      return 'hospital';
    case 'laboratory':
      return 'laboratory';
    case 'equipment':
      return 'supplier';
    case 'imaging':
    case 'mental-health':
      return 'specialist';
    case 'office-visit':
    case 'physical-therapy':
    case 'preventive':
      return 'clinic';
  }
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
