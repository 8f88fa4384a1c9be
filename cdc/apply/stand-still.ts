import { covers, type Position } from '../position.ts';

interface Request {
  readonly choose: () => Promise<Position>;
  readonly work: () => Promise<void>;
  readonly fail: (error: Error) => void;
  /** Known once the applier stands still for the first time. */
  position?: Position;
}

/**
 * Who wants the applier to stand still, and where. Served one after another: the applier stops wherever it is, the
 * position is chosen (so it cannot be passed already), the applier goes on exactly to it, the work runs.
 */
export class StandStills {
  private readonly requests: Request[] = [];
  private wake: () => void = () => undefined;

  request<T>(position: Position | (() => Promise<Position>), work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const choose = typeof position === 'function' ? position : () => Promise.resolve(position);
      const run = async (): Promise<void> => {
        try {
          resolve(await work());
        } catch (error) {
          reject(error);
        }
      };
      this.requests.push({ choose, work: run, fail: reject });
      this.wake();
    });
  }

  /** True when nothing beyond `position` may be applied now. */
  stopsAt(position: Position): boolean {
    const [first] = this.requests;
    return first !== undefined && (!first.position || covers(position, first.position));
  }

  /** To be called with nothing under way. True when the applier should look again at once. */
  async serve(applied: () => Position): Promise<boolean> {
    const [first] = this.requests;
    if (!first) return false;
    try {
      first.position ??= await first.choose();
      if (!covers(applied(), first.position)) return false;
      await first.work();
    } catch (error) {
      first.fail(error as Error);
    }
    this.requests.shift();
    return true;
  }

  /** Resolves at the next request; at once when one came that was not looked at yet. */
  requested(): Promise<void> {
    const [first] = this.requests;
    if (first && !first.position) return Promise.resolve();
    return new Promise((resolve) => (this.wake = resolve));
  }

  endAll(error: Error): void {
    for (const request of this.requests.splice(0)) request.fail(error);
    this.wake();
  }
}
