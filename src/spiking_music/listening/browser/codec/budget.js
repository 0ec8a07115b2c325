// How many bytes the next block may take, so that a whole stream stays within a rate: codec/budget.py.

const SHARE = 0.25; // of a block, which goes into what is owed, at most

export class Budget {
  /** overhead: bytes of header and trailer. window: seconds in which what a block leaves is for others. */
  constructor(kbps, overhead, window) {
    this.rate = kbps * 125; // bytes a second
    this.window = window;
    this.balance = -overhead;
  }

  allowance(seconds, last) {
    const own = this.rate * seconds;
    if (this.balance > 0) return own + this.balance * Math.min(1, seconds / this.window);
    return own + (last ? this.balance : Math.max(this.balance, -SHARE * own));
  }

  spend(size, seconds) {
    const most = Math.max(0, this.rate * (this.window - seconds));
    this.balance = Math.min(most, this.balance + this.rate * seconds - size);
  }
}
