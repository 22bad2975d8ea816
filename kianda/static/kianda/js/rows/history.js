// What was written into a box, to be undone and done again.
export class History {
  #past = [];
  #future = [];

  note(state) {
    this.#past.push(state);
    this.#future = [];
  }

  undo = (now) => this.#step(this.#past, this.#future, now);
  redo = (now) => this.#step(this.#future, this.#past, now);

  #step(from, to, now) {
    if (from.length) to.push(now);
    return from.pop();
  }
}
