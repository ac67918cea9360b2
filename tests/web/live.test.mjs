// The socket of a tab, with a socket, a clock and a chance of the test's own.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ANSWER, FIRST_WAIT, LATER, LONGEST_WAIT, Live, OPENING, QUIET, SILENCE } from "../../twisted_auction/web/static/live.js";

class Socket {
  constructor() {
    this.readyState = 0;
    this.sent = [];
    this.isClosed = false;
  }

  send(data) {
    assert.equal(this.readyState, 1, "sent before the connection was made");
    this.sent.push(JSON.parse(data));
  }

  close() {
    this.isClosed = true;
    this.readyState = 3;
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }

  cut(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }

  hear(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}

/** A tab: its clock goes on by `pass(ms)`. */
function tab(random = 1) {
  const all = { now: 0, timers: new Map(), sockets: [], frames: [], begun: 0, next: 1 };
  all.live = new Live({
    url: "ws://x/live",
    tell: (frame) => all.frames.push(frame),
    begin: () => { all.begun += 1; },
    open: () => {
      all.sockets.push(new Socket());
      return all.sockets.at(-1);
    },
    now: () => all.now,
    later: (callback, ms) => {
      all.timers.set(all.next, [all.now + ms, callback]);
      all.next += 1;
      return all.next - 1;
    },
    cancel: (timer) => all.timers.delete(timer),
    random: () => random,
  });
  all.pass = (ms) => {
    const end = all.now + ms;
    for (;;) {
      const due = [...all.timers].filter(([, [at]]) => at <= end).sort((a, b) => a[1][0] - b[1][0])[0];
      if (due === undefined) {
        break;
      }
      all.timers.delete(due[0]);
      all.now = due[1][0];
      due[1][1]();
    }
    all.now = end;
  };
  all.links = () => all.frames.filter((f) => "link" in f).map((f) => f.link);
  all.live.start();
  return all;
}

test("a connection, words, and an answer", () => {
  const all = tab();
  assert.equal(all.live.say("LIST"), false, "nothing is said before the connection is made");
  const [socket] = all.sockets;
  socket.open();
  assert.equal(all.begun, 1);
  assert.equal(all.live.say("150", "main"), true);
  socket.hear({ room: "main", letter: [{ type: "bid_received" }] });
  assert.deepEqual(socket.sent, [{ room: "main", say: "150" }]);
  assert.deepEqual(all.frames, [
    { link: "connecting" }, { link: "live" }, { room: "main", say: "150" },
    { room: "main", letter: [{ type: "bid_received" }] },
  ]);
});

test("after a cut it comes back, each time later, and never together with others", () => {
  const all = tab(1);
  const waits = [];
  for (let i = 0; i < 9; i += 1) {
    all.sockets.at(-1).cut();
    const { link, retryAt } = all.frames.at(-1);
    assert.equal(link, "gone");
    waits.push(retryAt - all.now);
    all.pass(retryAt - all.now);
  }
  assert.deepEqual(waits.slice(0, 3), [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]);
  assert.equal(waits.at(-1), LONGEST_WAIT);
  assert.equal(all.sockets.length, 10);
  const early = tab(0);
  early.sockets[0].cut();
  assert.equal(early.frames.at(-1).retryAt, FIRST_WAIT / 2);
});

test("a word of the server forgets earlier failures", () => {
  const all = tab();
  for (let i = 0; i < 4; i += 1) {
    all.sockets.at(-1).cut();
    all.pass(all.frames.at(-1).retryAt - all.now);
  }
  all.sockets.at(-1).open();
  all.sockets.at(-1).hear({ letter: [{ type: "pong", text: "" }] });
  all.sockets.at(-1).cut();
  assert.equal(all.frames.at(-1).retryAt - all.now, FIRST_WAIT);
  assert.equal(all.begun, 1);
});

test("a busy server is not asked again at once", () => {
  const all = tab();
  all.sockets[0].open();
  all.sockets[0].hear({ letter: [{ type: "server_busy" }] });
  all.sockets[0].cut(4005);
  assert.equal(all.frames.at(-1).retryAt, LATER);
});

test("a connection that nobody makes is given up", () => {
  const all = tab();
  all.pass(OPENING - 1);
  assert.deepEqual(all.links(), ["connecting"]);
  all.pass(1);
  assert.equal(all.sockets[0].isClosed, true);
  assert.equal(all.links().at(-1), "gone");
});

test("silence is told, the server is asked, and the connection is given up", () => {
  const all = tab();
  all.sockets[0].open();
  all.pass(20_000);
  all.sockets[0].hear({ letter: [{ type: "pong", text: "" }] });
  all.pass(QUIET - 1);
  assert.deepEqual(all.links(), ["connecting", "live"]);
  all.pass(1);
  assert.equal(all.links().at(-1), "silent");
  assert.deepEqual(all.sockets[0].sent, [{ say: "PING" }]);
  all.pass(SILENCE - QUIET - 1);
  assert.equal(all.sockets[0].isClosed, false);
  all.pass(1);
  assert.equal(all.sockets[0].isClosed, true);
  assert.equal(all.links().at(-1), "gone");
});

test("an answer ends the silence", () => {
  const all = tab();
  all.sockets[0].open();
  all.pass(QUIET);
  all.sockets[0].hear({ letter: [{ type: "pong", text: "" }] });
  assert.equal(all.links().at(-1), "live");
  all.pass(QUIET - 1);
  assert.equal(all.links().at(-1), "live");
});

test("a phone that wakes finds out at once whether its connection holds", () => {
  const all = tab();
  all.sockets[0].open();
  all.now += 600_000; // asleep: no timer fires
  all.live.wake();
  assert.equal(all.links().at(-1), "silent");
  all.pass(ANSWER);
  assert.equal(all.sockets[0].isClosed, true);
  all.live.wake();
  assert.equal(all.sockets.length, 2);
  assert.equal(all.links().at(-1), "connecting");
});

test("a phone that wakes in time stays connected", () => {
  const all = tab();
  all.sockets[0].open();
  all.pass(5_000);
  all.live.wake();
  assert.deepEqual(all.links(), ["connecting", "live"]);
  all.sockets[0].hear({ letter: [{ type: "pong", text: "" }] });
  all.pass(ANSWER);
  assert.equal(all.sockets[0].isClosed, false);
});

test("a phone without a network says so at once, and keeps its connection", () => {
  const all = tab();
  all.live.doubt();
  all.sockets[0].open();
  all.live.doubt();
  assert.deepEqual(all.links(), ["connecting", "live", "silent"]);
  all.live.wake();
  all.sockets[0].hear({ letter: [{ type: "pong", text: "" }] });
  assert.equal(all.links().at(-1), "live");
  assert.equal(all.sockets.length, 1);
});

test("an old socket is not heard any more", () => {
  const all = tab();
  const [old] = all.sockets;
  old.open();
  all.live.restart();
  assert.equal(old.isClosed, true);
  const before = all.frames.length;
  old.hear({ letter: [] });
  old.onclose({ code: 1006 });
  assert.equal(all.frames.length, before);
  all.live.stop();
  all.pass(600_000);
  assert.equal(all.sockets.length, 2);
});
