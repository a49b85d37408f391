/** Equal to package.json's, which a test checks: what runs must not read files to know it. */
export const VERSION: string = "0.1.0";
