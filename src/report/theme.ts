/** How text is painted; the command line makes one from the terminal, tests use the plain one. */
export interface Theme {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly warn: Paint;
  readonly bad: Paint;
  readonly accent: Paint;
  /** Columns that may be used. */
  readonly width: number;
  /** False where the terminal cannot show more than ASCII. */
  readonly unicode: boolean;
}

export type Paint = (text: string) => string;

const unpainted: Paint = (text) => text;

export function plainTheme(width = 100, unicode = true): Theme {
  return {
    bold: unpainted,
    dim: unpainted,
    good: unpainted,
    warn: unpainted,
    bad: unpainted,
    accent: unpainted,
    width,
    unicode,
  };
}
