import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build-program.ts"],
    setupFiles: ["test/support/closed-world.ts"],
    testTimeout: 20_000,
    // Many wait for programs that they started: on two cores one worker at a time leaves one idle.
    maxWorkers: 2,
    restoreMocks: true,
  },
});
