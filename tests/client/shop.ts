// A day in a shop, by the generated client alone: what the server does has to fit the types, and the types have to fit what a
// shop front needs.

import { all, answer, connect, explain, refusal, Refused, type Api, type Schemas } from "./api.js";

const PASSWORD = "password123";

let checks = 0;

function expect(what: string, actual: unknown, expected: unknown): void {
  const [found, wanted] = [inOrder(actual), inOrder(expected)];
  if (found !== wanted) throw new Error(`${what}: ${found}, and not ${wanted}`);
  checks += 1;
}

/** JSON in which the members of objects are in the order of their names. */
function inOrder(value: unknown): string {
  const sorted = (_: string, member: unknown) =>
    member !== null && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member;
  return JSON.stringify(value, sorted);
}

async function signIn(baseUrl: string, vendor: string, username: string): Promise<Api> {
  const pair = answer(await connect(baseUrl, vendor).POST("/api/auth/login", { body: { username, password: PASSWORD } }));
  expect("the way to send a token", pair.token_type, "Bearer");
  return connect(baseUrl, vendor, pair.access);
}

async function join(api: Api, username: string, role: Schemas["RegisterAs"]): Promise<Schemas["Registered"]> {
  return answer(await api.POST("/api/auth/register", { body: { username, password: PASSWORD, role } }));
}

/** In cents, for sums; money is never a floating-point number. */
function cents(money: Schemas["Money"]): number {
  return Number(money.replace(".", ""));
}

/** What a customer reads about an order. A status that is new to the document is new to this function, too. */
function progress(order: Schemas["Order"]): string {
  switch (order.status) {
    case "pending":
    case "confirmed":
      return `Order ${order.number} has reached us.`;
    case "processing":
      return `Order ${order.number} is being packed.`;
    case "shipped":
      return `Order ${order.number} is on its way to ${destination(order.address)}.`;
    case "delivered":
    case "completed":
      return `Order ${order.number} has arrived.`;
    case "cancelled":
      return `Order ${order.number} was cancelled: ${order.cancel_reason ?? "no reason was given"}.`;
    default:
      return unthought(order.status);
  }
}

function unthought(word: never): never {
  throw new Error(`nobody has thought of ${String(word)}`);
}

function destination(address: Schemas["Address"]): string {
  return typeof address === "string" ? address : `${address.city}, ${address.country}`;
}

/** The owner opens the shop, with three products, one of them free of anything but name and price. */
async function open(baseUrl: string, vendor: string, name: string): Promise<[Api, Schemas["Product"][]]> {
  const stranger = connect(baseUrl);
  answer(await stranger.POST("/api/auth/register", { body: { username: name, password: PASSWORD, role: "owner", vendor_domain: vendor } }));
  const owner = await signIn(baseUrl, vendor, name);
  const wares: Schemas["NewProduct"][] = [
    { name: "Kettle", price: "24.90", stock: 5, attributes: { colour: "red", litres: 1.7, tags: ["kitchen"] } },
    { name: "Teapot", price: "39.00", stock: 2, description: "For four cups", compare_at_price: "45.00", sku: "T-4" },
    { name: "Gift card", price: "10.00" },
  ];
  const products: Schemas["Product"][] = [];
  for (const [index, body] of wares.entries()) {
    const header = { "Idempotency-Key": `${name}-${index}` };
    products.push(answer(await owner.POST("/api/products", { params: { header }, body })));
  }
  expect("what is in the attributes", products[0]?.attributes["colour"], "red");
  expect("what is not said", [products[0]?.sku, products[1]?.compare_at_price, products[2]?.stock], [null, "45.00", 0]);
  return [owner, products];
}

/** Looks around without an account, page by page, then searches. */
async function browse(visitor: Api, expected: number): Promise<void> {
  const names: string[] = [];
  const page = async (cursor: string | undefined) =>
    answer(await visitor.GET("/api/products", { params: { query: { sort: "name", limit: 2, ...(cursor && { cursor }) } } }));
  for await (const product of all(page)) names.push(product.name);
  expect("all products, by name", [names, names.length], [["Gift card", "Kettle", "Teapot"], expected]);
  const found = answer(await visitor.GET("/api/products", { params: { query: { q: "cups", max_price: "50.00", in_stock: true } } }));
  expect("what was searched for", found.items.map((product) => [product.name, product.price, product.currency]), [["Teapot", "39.00", "EUR"]]);
}

/** Orders twice with the same key, as after a connection that broke. */
async function order(customer: Api, [kettle, teapot]: Schemas["Product"][]): Promise<Schemas["Order"]> {
  if (kettle === undefined || teapot === undefined) throw new Error("there is nothing to buy");
  const basket: Schemas["PlaceOrder"] = {
    items: [{ product: kettle.id, quantity: 2 }, { product: teapot.id, quantity: 1 }],
    address: { line1: "1 Rue du Marché", city: "Luxembourg", country: "LU" },
    note: "Please ring twice",
  };
  const request = { params: { header: { "Idempotency-Key": "basket-1" } }, body: basket };
  const first = await customer.POST("/api/orders", request);
  const again = await customer.POST("/api/orders", request);
  const placed = answer(first);
  expect("the same order", answer(again), placed);
  expect("that it is the same is said", [first.response.status, again.response.headers.get("Idempotent-Replayed")], [201, "true"]);
  expect("the total, in cents", cents(placed.total), 2 * cents(kettle.price) + cents(teapot.price));
  expect("where it goes", destination(placed.address), "Luxembourg, LU");
  expect("whose it is", placed.customer?.first_name, "");

  const read = answer(await customer.GET("/api/orders/{id}", { params: { path: { id: placed.id } } }));
  expect("the order as it is read", read, placed);
  const left = answer(await customer.GET("/api/products/{id}", { params: { path: { id: kettle.id } } }));
  expect("what is left", left.stock, kettle.stock - 2);
  return placed;
}

/** What cannot be is refused, and the refusal tells enough to go on with. */
async function insist(customer: Api, [kettle]: Schemas["Product"][], placed: Schemas["Order"]): Promise<void> {
  if (kettle === undefined) throw new Error("there is nothing to buy");
  const buy = async (quantity: number) =>
    refusal(await customer.POST("/api/orders", { body: { items: [{ product: kettle.id, quantity }], address: "here" } }));
  const tooMany = await buy(100);
  expect("not enough", tooMany.products, [{ product: kettle.id, requested: 100, available: 3 }]);
  expect("in words", explain(tooMany), `only 3 of 100 left of product ${kettle.id}`);
  const none = await buy(0);
  expect("the place in the input", none.errors?.map((error) => [error.pointer, error.code]), [["/items/0/quantity", "out_of_range"]]);

  const path = { id: placed.id };
  expect("not theirs to say", refusal(await customer.PATCH("/api/orders/{id}/status", { params: { path }, body: { status: "shipped" } })).code, "permission_denied");
  try {
    answer(await customer.GET("/api/orders/{id}", { params: { path: { id: 999_999_999 } } }));
    throw new Error("somebody else's order was shown");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    expect("no such order", [error.problem.status, error.problem.code], [404, "not_found"]);
  }
}

/** The owner takes somebody on and gives them the order; they take it as far as it goes. */
async function deliver(baseUrl: string, vendor: string, owner: Api, placed: Schemas["Order"]): Promise<Api> {
  const path = { id: placed.id };
  const hired = await join(owner, `${vendor.split(".")[0]}-packer`, "staff");
  const team = answer(await owner.GET("/api/staff"));
  const packer = team.items.find((member) => member.id === hired.id);
  expect("who is in the team", packer?.role, "Staff");
  const given = await owner.PATCH("/api/orders/{id}/assign-staff", { params: { path }, body: { staff_id: hired.id } });
  expect("who has the order", answer(given).assigned_to, hired.id);

  const staff = await signIn(baseUrl, vendor, hired.username);
  const stale = { path, header: { "If-Match": `"${placed.version}"` } };
  const late = refusal(await staff.PATCH("/api/orders/{id}/status", { params: stale, body: { status: "processing" } }));
  expect("too late", explain(late), `somebody was faster: it is at version ${answer(given).version} by now`);

  const words: string[] = [progress(placed)];
  for (const status of ["processing", "shipped", "delivered"] as const) {
    words.push(progress(answer(await staff.PATCH("/api/orders/{id}/status", { params: { path }, body: { status } }))));
  }
  const number = placed.number;
  expect("what the customer reads", words, [
    `Order ${number} has reached us.`,
    `Order ${number} is being packed.`,
    `Order ${number} is on its way to Luxembourg, LU.`,
    `Order ${number} has arrived.`,
  ]);
  const back = refusal(await staff.POST("/api/orders/{id}/{action}", { params: { path: { ...path, action: "cancel" } }, body: { reason: "late" } }));
  expect("no way back", [back.code, back.from, back.to], ["illegal_transition", "delivered", "cancelled"]);
  return staff;
}

/** Opens a shop of its own on the server at `baseUrl`, lives through a day in it, and tells how many things it looked at. */
export async function visit(baseUrl: string): Promise<number> {
  const name = `client-${Date.now().toString(36)}`;
  const vendor = `${name}.example.com`;
  const [owner, products] = await open(baseUrl, vendor, name);
  const visitor = connect(baseUrl, vendor);
  await browse(visitor, products.length);

  await join(visitor, "carol", "customer");
  const customer = await signIn(baseUrl, vendor, "carol");
  const placed = await order(customer, products);
  await insist(customer, products, placed);
  const staff = await deliver(baseUrl, vendor, owner, placed);

  const history = answer(await customer.GET("/api/orders/{id}/history", { params: { path: { id: placed.id } } }));
  expect("its history", history.items.map((entry) => [entry.type, entry.actor, entry.data["to"] ?? null]), [
    ["order.placed", "customer", null],
    ["order.status_changed", "member", "processing"],
    ["order.status_changed", "member", "shipped"],
    ["order.status_changed", "member", "delivered"],
  ]);
  expect("what staff may not see", explain(refusal(await staff.GET("/api/customers"))), "this takes one of customers.view");
  const carol = answer(await owner.GET("/api/customers/{id}", { params: { path: { id: placed.customer?.id ?? 0 } } }));
  expect("what she has bought", [carol.username, carol.totals], ["carol", [{ currency: "EUR", orders: 1, total: placed.total }]]);
  const elsewhere = refusal(await connect(baseUrl, "nowhere.example.com").GET("/api/products"));
  expect("no such vendor", elsewhere.code, "unknown_tenant");
  return checks;
}
