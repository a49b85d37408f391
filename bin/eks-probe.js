#!/usr/bin/env node
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

// The SDK warns on every start with Node 20; that is for its developers, not for this program's users.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
const { launch } = createRequire(import.meta.url)("../dist/cli/launch.cjs");
await launch(fileURLToPath(new URL("../dist/cli", import.meta.url)));
