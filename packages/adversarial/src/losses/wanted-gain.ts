/** How much of the target's probability one iteration should gain. */
export interface WantedGain {
  /** At most this much. */
  early: number;
  /** At most this share of what is still missing to 1. */
  late: number;
}

/**
 * The "progress" rule of the released code wants a probability p to become p + min(early, late (1 - p)). This is that
 * gain on the scale of the log-odds: log((p + w) / (1 - p - w)) - log(p / (1 - p)), accurate at every p.
 *
 * @param logOdds log(p / (1 - p)), finite.
 */
export function wantedLogOddsGain(logOdds: number, { early, late }: WantedGain): number {
  const missing = 1 / (1 + Math.exp(logOdds));
  const gain = Math.min(early, late * missing);
  const logProbability = logOdds < 0 ? logOdds - Math.log1p(Math.exp(logOdds)) : -Math.log1p(Math.exp(-logOdds));
  const shareOfMissing = Math.min(early / missing, late);
  return Math.log(Math.exp(logProbability) + gain) - logProbability - Math.log1p(-shareOfMissing);
}
