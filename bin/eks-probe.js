#!/usr/bin/env node
// CommonJS, as bin/package.json says: Node starts it several milliseconds sooner.
const path = require("node:path");

// The SDK warns on every start with Node 20; that is for its developers, not for this program's users.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
const program = path.join(__dirname, "..", "dist", "cli");
require(path.join(program, "launch.cjs")).launch(program);
