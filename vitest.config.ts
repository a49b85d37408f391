import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build-program.ts"],
    setupFiles: ["test/support/closed-world.ts"],
    testTimeout: 20_000,
    restoreMocks: true,
  },
});
