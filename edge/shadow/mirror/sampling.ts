/** Which reads are mirrored. The same seed takes the same ones out of the same traffic. */
export interface Sampling {
  /** Share of the reads, 0…1. */
  readonly rate: number;
  /** The share of a route, `GET /api/trips`, in place of `rate`. */
  readonly routes: Readonly<Record<string, number>>;
  /** Share of the subjects, 0…1; always the same ones. */
  readonly subjects: number;
  /** Of one route at most so many a second: busy routes are thinned, of the others everything is taken. */
  readonly perSecond: number;
  /** Share of the mirrored reads for which control is asked a second time, 0…1. */
  readonly secondControl: number;
  /** For so long the same answer to the same question of the same subject counts once, in seconds. */
  readonly repeatS: number;
  readonly seed: number;
}

export const defaultSampling: Sampling = {
  rate: 1,
  routes: {},
  subjects: 1,
  perSecond: 50,
  secondControl: 0.2,
  repeatS: 60,
  seed: 1,
};
