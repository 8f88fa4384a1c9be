/** Which id of the candidate stands for which of control, in each space of ids; one to one, in one answer. */
export class IdMap {
  readonly #spaces = new Map<string, { readonly there: Map<string, string>; readonly back: Map<string, string> }>();

  /** False when either id already stands for another one. */
  agrees(space: string, control: string, candidate: string): boolean {
    const { there, back } = this.#space(space);
    const [known, other] = [there.get(control), back.get(candidate)];
    if (known === undefined && other === undefined) {
      there.set(control, candidate);
      back.set(candidate, control);
      return true;
    }
    return known === candidate && other === control;
  }

  #space(name: string): { readonly there: Map<string, string>; readonly back: Map<string, string> } {
    const known = this.#spaces.get(name) ?? { there: new Map(), back: new Map() };
    this.#spaces.set(name, known);
    return known;
  }
}
