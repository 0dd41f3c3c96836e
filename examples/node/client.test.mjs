// Tests of the client with Node's own runner. They start nothing; run them with a mock of their own:
//
//     minimax-mock exec --clock manual -- node --test examples/node/*.test.mjs

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { test } from "node:test";
import { VideoClient } from "./client.mjs";

const MOCK = process.env.MINIMAX_MOCK_URL;
const ORDER = { model: "MiniMax-Hailuo-02", resolution: "512P", first_frame_image: "https://example.com/cat.jpg" };

// An account of its own for each test: its key is one that nobody else uses. The control API needs none.
function account() {
  const key = `node-${randomUUID()}`;
  const control = async (path, body) => {
    const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const reply = await fetch(`${MOCK}/__mock/${path}?account=${key}`, options);
    const answer = await reply.json();
    if (!reply.ok) throw new Error(answer.detail);
    return answer;
  };
  const advance = async (seconds) => (await control("clock/advance", { seconds })).happened;
  return { control, advance, client: new VideoClient({ base: MOCK, key, pause: advance }) };
}

test("a whole life", async () => {
  const { client, control, advance } = account();
  const taskId = await client.create(ORDER);
  const happened = await advance(300);
  assert.deepEqual(happened.map((event) => event.status), ["Queueing", "Processing", "Success"]);
  const video = await client.download(await client.wait(taskId));
  assert.equal(Buffer.from(video.subarray(4, 8)).toString(), "ftyp");
  await control("requests/verify", {
    order: ["create", "query", "retrieve", "download"].map((operation) => ({ operation })),
  });
});

test("a refusal for its rate is tried again, later", async () => {
  const { client, control } = account();
  await control("rules", { match: { operation: "create" }, then: { code: 1002 }, times: 2 });
  assert.ok(await client.create(ORDER));
  await control("requests/verify", { match: { operation: "create" }, times: 3 });
  assert.equal((await control("tasks")).tasks.length, 1);
});

test("a create whose answer is lost is not sent again", async () => {
  const { client, control } = account();
  await control("rules", { match: { operation: "create" }, then: { fault: "reset" }, times: 1 });
  await assert.rejects(client.create(ORDER), TypeError);
  // The task was made all the same: a second create would have been a second bill.
  await control("requests/verify", { match: { operation: "create" }, times: 1 });
  assert.equal((await control("tasks")).tasks.length, 1);
});

test("a receiver is told", async (t) => {
  const { client, advance } = account();
  const told = [];
  const receiver = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const message = JSON.parse(Buffer.concat(pieces));
    if (message.challenge === undefined) told.push(message);
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(message.challenge === undefined ? { status: "success" } : message));
  });
  await new Promise((listening) => receiver.listen(0, "127.0.0.1", listening));
  t.after(() => {
    receiver.closeAllConnections();
    receiver.close();
  });

  const callback_url = `http://127.0.0.1:${receiver.address().port}/`;
  const taskId = await client.create({ ...ORDER, callback_url });
  await advance(300);
  assert.deepEqual(told.map((update) => [update.task_id, update.status]), [[taskId, "processing"], [taskId, "success"]]);
});
