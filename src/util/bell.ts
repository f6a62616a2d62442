/** Cuts a pause short. A ring while nobody pauses counts for the next pause. */
export interface Bell {
  ring(): void;
  /** A signal for the pause that begins now. */
  next(): AbortSignal;
}

export function createBell(): Bell {
  let pause = new AbortController();
  let isRung = false;
  return {
    ring() {
      isRung = true;
      pause.abort();
    },
    next() {
      pause = new AbortController();
      if (isRung) pause.abort();
      isRung = false;
      return pause.signal;
    },
  };
}
