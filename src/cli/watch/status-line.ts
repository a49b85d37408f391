import type { Io } from "../io.ts";
import { wantsProgress } from "../terminal.ts";

/** A line at the foot of the terminal, on stderr, that is redrawn in place. */
export interface StatusLine {
  /** What the line is from now on, for so many columns; drawn at once. */
  show(render: (width: number) => string): void;
  /** Draws it anew: time has passed, or the terminal has another width. */
  redraw(): void;
  /** Lets something be written where the line is, which is out of the way meanwhile. */
  above(write: () => void): void;
  /** Takes it away for good. */
  stop(): void;
}

/** To the start of the line, and everything to its end away. */
const CLEAR = "\r\u001b[K";

/** Where nothing is known of the terminal's width. */
const USUAL_COLUMNS = 80;

/** Nothing is drawn where stderr is no terminal, or where nobody wants it. */
export function startStatusLine(io: Io, quiet: boolean): StatusLine {
  if (!wantsProgress(io, quiet)) {
    return {
      show: () => undefined,
      redraw: () => undefined,
      above: (write) => write(),
      stop: () => undefined,
    };
  }
  const { stderr } = io;
  let current: ((width: number) => string) | undefined;
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) stderr.write(CLEAR);
    isDrawn = false;
  };
  const draw = (): void => {
    if (current === undefined) return;
    // In the last column some terminals have begun the next line already.
    const width = Math.max(1, (stderr.columns ?? USUAL_COLUMNS) - 1);
    stderr.write(CLEAR + current(width));
    isDrawn = true;
  };
  return {
    show: (render) => {
      current = render;
      draw();
    },
    redraw: draw,
    above: (write) => {
      clear();
      write();
      draw();
    },
    stop: () => {
      clear();
      current = undefined;
    },
  };
}
