// What the types have to catch: each line below `@ts-expect-error` is a mistake, and compiling fails if it is not seen.

import type { Api, Schemas } from "./api.js";

export async function mistakes(api: Api, order: Schemas["Order"], problem: Schemas["Problem"]): Promise<void> {
  const path = { id: order.id };
  // @ts-expect-error: there is no such path
  await api.GET("/api/product");
  // @ts-expect-error: an order that is shown needs its id
  await api.GET("/api/orders/{id}");
  // @ts-expect-error: there is no such parameter
  await api.GET("/api/products", { params: { query: { colour: "red" } } });
  // @ts-expect-error: there is no such sort
  await api.GET("/api/products", { params: { query: { sort: "stock" } } });
  // @ts-expect-error: an order needs an address
  await api.POST("/api/orders", { body: { items: [{ product: 1, quantity: 1 }] } });
  // @ts-expect-error: unknown members are refused
  const item: Schemas["OrderItem"] = { product: 1, quantity: 1, colour: "red" };
  await api.POST("/api/orders", { body: { items: [item], address: "here" } });
  // @ts-expect-error: money is text
  await api.POST("/api/products", { body: { name: "Kettle", price: 24.9 } });
  // @ts-expect-error: there is no such status
  await api.PATCH("/api/orders/{id}/status", { params: { path }, body: { status: "lost" } });
  // @ts-expect-error: there is no such action
  await api.POST("/api/orders/{id}/{action}", { params: { path: { ...path, action: "lose" } } });
  // @ts-expect-error: a change of staff says whom, or null
  await api.PATCH("/api/orders/{id}/assign-staff", { params: { path }, body: {} });
  // @ts-expect-error: there may be no customer
  order.customer.username.trim();
  // @ts-expect-error: there may be no note
  order.note.trim();
  // @ts-expect-error: an address may be text
  order.address.city.trim();
  // @ts-expect-error: there is no such code
  if (problem.code === "out_of_luck") return;
  // @ts-expect-error: not every problem has this
  problem.products.length.toFixed();
}
