// A developer at Swagger UI, in a real browser: signs in, authorises, lists products and places an order, all from the page, and
// reads what the page shows. Usage: node docs.mjs CHROMIUM BASE_URL SCREENSHOT  (the picture is taken when something is wrong)

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const [executablePath, baseUrl, screenshot] = process.argv.slice(2);
const VENDOR = "vendor1.example.com";
// Alone with the server: nothing is looked up, updated or reported elsewhere.
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** In cents: money is text. */
const cents = (money) => Number(money.replace(".", ""));

/** The operation's block, opened. */
async function operation(page, tag, id) {
  const block = page.locator(`#operations-${tag}-${id}`);
  const body = block.locator(".opblock-body");
  if (!(await body.isVisible())) await block.locator(".opblock-summary-control").click();
  await body.waitFor();
  return block;
}

/** Presses Execute, and reads the answer as it is shown: status, headers and body. */
async function execute(block) {
  const live = block.locator(".live-responses-table .response");
  const clear = block.locator("button.btn-clear");
  if (await clear.isVisible()) await clear.click();
  await live.waitFor({ state: "detached" });
  await block.locator("button.execute").click();
  await live.waitFor();
  const [status, body, headers] = await Promise.all([
    live.locator(".response-col_status").innerText(),
    live.locator(".highlight-code code").innerText(),
    live.locator(".headerline").allInnerTexts(),
  ]);
  const called = await block.locator(".curl-command code").innerText();
  return { status: Number(status.trim().split(/\s/)[0]), body: JSON.parse(body), headers: headers.join("\n"), called };
}

/** Enters values into the dialog behind "Authorize". */
async function authorise(page, values) {
  await page.locator(".auth-wrapper > .authorize").click();
  const dialog = page.locator(".dialog-ux .modal-ux");
  for (const [scheme, value] of Object.entries(values)) {
    const part = dialog.locator(".auth-container").filter({ has: page.locator("h4", { hasText: scheme }) });
    await part.locator("input").fill(value);
    await part.locator("button.authorize").click();
    await part.getByText("Authorized", { exact: true }).waitFor();
  }
  await dialog.locator(".close-modal").click();
  await dialog.waitFor({ state: "detached" });
}

async function fill(block, text) {
  await block.locator("textarea.body-param__text").fill(text);
}

async function visit(page, complaints) {
  await page.goto(`${baseUrl}/docs`);
  await page.locator(".opblock").first().waitFor();
  assert.match(await page.locator("h1.title, h2.title").first().innerText(), /^Stoa\b/);
  const sections = await page.locator(".opblock-tag-section h3").evaluateAll((all) => all.map((one) => one.dataset.tag));
  assert.deepEqual(sections, [
    "Auth", "Vendor", "Domains", "Team", "Products", "Orders", "Customers", "Analytics", "API keys", "Audit", "Operator", "Operation",
  ]);
  const first = await page.locator(".opblock-summary-path").first().innerText();
  assert.equal(first.replaceAll("\u200b", ""), "/api/auth/register", "operations are in the order in which one needs them");

  // Signing in takes the vendor, and gives the token; both examples are as they stand on the page.
  await authorise(page, { tenant: VENDOR });
  const signedIn = await execute(await operation(page, "Auth", "login"));
  assert.equal(signedIn.status, 200);
  assert.equal(signedIn.body.user.username, "vendor1_customer1");
  await authorise(page, { token: signedIn.body.access });

  const list = await operation(page, "Products", "list_products");
  const before = await execute(list);
  assert.equal(before.status, 200);
  assert.match(before.called, new RegExp(`X-Tenant-Domain: ${VENDOR}`));
  assert.match(before.called, /Authorization: Bearer ey/);
  assert.equal(before.body.items.length, 5, "nothing is filtered unless one asks for it");
  const product = (page, id) => page.body.items.find((item) => item.id === id);

  const place = await operation(page, "Orders", "place_order");
  const basket = JSON.parse(await place.locator("textarea.body-param__text").inputValue());
  await place.locator('input[placeholder="Idempotency-Key"]').fill(`from the page at ${Date.now()}`);
  const placed = await execute(place);
  assert.equal(placed.status, 201);
  const total = basket.items.reduce((sum, item) => sum + item.quantity * cents(product(before, item.product).price), 0);
  assert.equal(cents(placed.body.total), total);
  assert.ok(total > 0);
  assert.equal(placed.body.status, "pending");
  assert.match(placed.headers, new RegExp(`location: /api/orders/${placed.body.id}\\b`));
  const again = await execute(place);
  assert.deepEqual([again.status, again.body], [201, placed.body]);
  assert.match(again.headers, /idempotent-replayed: true/);

  const after = await execute(list);
  for (const { product: id, quantity } of basket.items) {
    assert.equal(product(after, id).stock, product(before, id).stock - quantity, `the stock of product ${id}`);
  }

  // The address of an operation can be passed on, and who has authorised is still so after a reload.
  assert.match(page.url(), /#\/Orders\/place_order$/);
  await page.goto(`${baseUrl}/docs/#/Orders/list_my_orders`);
  await page.reload();
  const mine = page.locator("#operations-Orders-list_my_orders");
  await mine.locator(".opblock-body").waitFor();
  const own = await execute(mine);
  assert.deepEqual([own.status, own.body.items[0]], [200, placed.body]);
  assert.deepEqual(complaints, []);

  // A refusal is shown in full. The browser itself notes every status like this one.
  const greedy = await operation(page, "Orders", "place_order");
  await fill(greedy, JSON.stringify({ ...basket, items: [{ product: 1, quantity: 99_999 }] }));
  const refused = await execute(greedy);
  assert.deepEqual([refused.status, refused.body.code], [409, "insufficient_stock"]);
  assert.deepEqual(refused.body.products, [{ product: 1, requested: 99_999, available: product(after, 1).stock }]);
  assert.equal(complaints.length, 1);
  assert.match(complaints[0], /status of 409/);
}

const browser = await chromium.launch({ executablePath, args: FLAGS });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  // On a machine that has much else to do, a click may take its time.
  page.setDefaultTimeout(60_000);
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => {
    // A reload gives up what is still being loaded, such as the icon; nothing has failed then.
    const reason = request.failure()?.errorText;
    if (reason !== "net::ERR_ABORTED") complaints.push(`${request.url()}: ${reason}`);
  });
  try {
    await visit(page, complaints);
  } catch (error) {
    await page.screenshot({ path: screenshot, fullPage: true });
    console.error("the browser's console:", complaints);
    throw error;
  }
  console.log(`   ${browser.version()}: signed in, listed, ordered and read on the page`);
} finally {
  await browser.close();
}
