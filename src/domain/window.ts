/** Days of the week (0: Sunday, as in JavaScript) on which a span begins, and minutes of the day: from inclusive, to exclusive. */
export interface WindowSpan {
  days: readonly number[];
  from: number;
  /** Not later than `from`: the span ends on the day after. 1440: at midnight. */
  to: number;
}

/** When workloads may be stopped. */
export interface UpdateWindow {
  spans: readonly WindowSpan[];
  /** A name of the IANA database (`Europe/Berlin`), or an offset (`+02:00`). */
  zone: string;
}
