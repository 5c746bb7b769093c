// Usage: node run.mjs BASE_URL
import { visit } from "./generated/js/shop.js";

console.log(`   ${await visit(process.argv[2])} checks, 0 failed`);
