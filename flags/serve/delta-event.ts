import type { Feature, FeatureSet, Segment } from '../feature-set.ts';

/** One change of a set, in the words of Unleash's delta and streaming protocols. */
export type DeltaEvent =
  | { readonly type: 'feature-updated'; readonly eventId: number; readonly feature: Feature }
  | {
      readonly type: 'feature-removed';
      readonly eventId: number;
      readonly featureName: string;
      readonly project: string;
    }
  | { readonly type: 'segment-updated'; readonly eventId: number; readonly segment: Segment }
  | { readonly type: 'segment-removed'; readonly eventId: number; readonly segmentId: number }
  | Hydration;

/** The whole set: what an SDK begins with. */
export interface Hydration {
  readonly type: 'hydration';
  readonly eventId: number;
  readonly features: readonly Feature[];
  readonly segments: readonly Segment[];
}

/** An event before it is numbered. */
type Unnumbered<T> = T extends DeltaEvent ? Omit<T, 'eventId'> : never;
export type Change = Unnumbered<DeltaEvent>;

/** What makes the second set out of the first. Segments come before the features that name them and go after them. */
export function changesBetween(before: FeatureSet, after: FeatureSet): Change[] {
  const features = compare(before.features, after.features, ({ name }) => name);
  const segments = compare(before.segments ?? [], after.segments ?? [], ({ id }) => id);
  return [
    ...segments.updated.map((segment) => ({ type: 'segment-updated' as const, segment })),
    ...features.updated.map((feature) => ({ type: 'feature-updated' as const, feature })),
    ...features.removed.map(({ name, project = 'default' }) => ({
      type: 'feature-removed' as const,
      featureName: name,
      project,
    })),
    ...segments.removed.map(({ id }) => ({ type: 'segment-removed' as const, segmentId: id })),
  ];
}

function compare<T>(before: readonly T[], after: readonly T[], keyOf: (item: T) => string | number) {
  const known = new Map(before.map((item) => [keyOf(item), JSON.stringify(item)]));
  const updated = after.filter((item) => known.get(keyOf(item)) !== JSON.stringify(item));
  const kept = new Set(after.map(keyOf));
  return { updated, removed: before.filter((item) => !kept.has(keyOf(item))) };
}
