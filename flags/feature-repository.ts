import { EventEmitter } from 'node:events';
import type { ClientFeaturesResponse, UnleashConfig } from 'unleash-client';
import { emptyFeatureSet, type FeatureSet } from './feature-set.ts';

type RepositoryPort = NonNullable<UnleashConfig['repository']>;
type Toggle = ClientFeaturesResponse['features'][number];
type Segment = NonNullable<ClientFeaturesResponse['segments']>[number];

/** A set of features held in memory, in the shape unleash-client asks its repository for. */
export class FeatureRepository extends EventEmitter implements RepositoryPort {
  #toggles = new Map<string, Toggle>();
  #segments = new Map<number, Segment>();
  #isReady = false;

  /** Puts the whole set in place at once: an evaluation sees the old set or the new one. */
  replace(set: FeatureSet = emptyFeatureSet): void {
    const answer = set as unknown as ClientFeaturesResponse;
    this.#toggles = new Map(answer.features.map((toggle) => [toggle.name, toggle]));
    this.#segments = new Map((answer.segments ?? []).map((segment) => [segment.id, segment]));
    if (!this.#isReady) this.emit('ready');
    this.#isReady = true;
    this.emit('changed', this.getToggles());
  }

  getToggle(name: string): Toggle | undefined {
    return this.#toggles.get(name);
  }

  getToggles(): Toggle[] {
    return [...this.#toggles.values()];
  }

  getTogglesWithSegmentData(): ReturnType<RepositoryPort['getTogglesWithSegmentData']> {
    return this.getToggles().map(({ strategies, ...toggle }) => ({
      ...toggle,
      strategies: strategies?.map(({ segments, ...strategy }) => ({
        ...strategy,
        segments: segments?.map((id) => this.getSegment(id)),
      })),
    })) as ReturnType<RepositoryPort['getTogglesWithSegmentData']>;
  }

  getSegment(id: number): Segment | undefined {
    return this.#segments.get(id);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): void {
    this.removeAllListeners();
  }
}
