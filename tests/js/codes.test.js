import assert from "node:assert/strict";
import { test } from "node:test";
import { read, typed } from "../../static/js/scanner/codes.js";

const HOST = "marmalade.example", TOKEN = "abcdefghijklmnopqrstuvwxyz";
const what = (text, host = HOST) => read(text, host).what;
const card = { kind: "card", token: TOKEN };

test("Q5, H19: a card, a badge, a poster and a call to help are known by host and path, in any case", () => {
  for (const text of [
    `https://${HOST}/c/${TOKEN}`, `HTTPS://${HOST.toUpperCase()}/C/${TOKEN.toUpperCase()}`, `https://${HOST}:443/c/${TOKEN}`,
    `  https://Marmalade.example/c/AbCdEfGhIjKlMnOpQrStUvWxYz\n`, `https://${HOST}/c/${TOKEN}/`,
  ]) assert.deepEqual(read(text, HOST), card, text);
  assert.deepEqual(read(`https://${HOST}/b/${TOKEN}`, HOST), { kind: "badge", token: TOKEN });
  assert.deepEqual(read(`https://${HOST}/e/7kq2-m9xf`, HOST), { kind: "poster", token: "7KQ2M9XF" });
  assert.deepEqual(read(`https://${HOST}/h/eyJ2.AbC_-9`, HOST), { kind: "help", token: "eyJ2.AbC_-9" });
  assert.deepEqual(read(`http://192.168.1.4:8000/c/${TOKEN}`, "192.168.1.4:8000"), card);
});

test("Q4, H20: what was added behind a card's address changes nothing; a longer path is another page", () => {
  assert.deepEqual(read(`https://${HOST}/c/${TOKEN}?utm_source=x&fbclid=1#top`, HOST), card);
  assert.equal(what(`https://${HOST}/c/${TOKEN}/edit`), "ours-unknown");
  assert.equal(what(`https://${HOST}//c/${TOKEN}`), "ours-unknown");
  assert.equal(what(`https://${HOST}/c/../settings`), "ours-unknown");
  assert.equal(what(`https://${HOST}/settings?next=/c/${TOKEN}`), "ours-unknown");
});

test("a token of another length or with other letters is a broken one", () => {
  for (const token of [TOKEN.slice(1), `${TOKEN}a`, `${TOKEN.slice(1)}1`, `${TOKEN.slice(1)}%41`, `${TOKEN}.vcf`, "ａ".repeat(26)]) {
    assert.match(what(`https://${HOST}/c/${token}`), /broken|link/, token);
  }
  assert.equal(what(`https://${HOST}/e/7KQ2`), "broken");
});

test("no other host passes for ours, however much it looks like it", () => {
  for (const [text, host] of [
    [`https://${HOST}.evil.example/c/${TOKEN}`, `${HOST}.evil.example`], [`https://evil.example/${HOST}/c/${TOKEN}`, "evil.example"],
    [`https://${HOST}@evil.example/c/${TOKEN}`, "evil.example"], [`https://${HOST}:x@evil.example/c/${TOKEN}`, "evil.example"],
    [`https://me@${HOST}/c/${TOKEN}`, HOST], [`https://${HOST}:8443/c/${TOKEN}`, `${HOST}:8443`], [`https://${HOST}./c/${TOKEN}`, `${HOST}.`],
    [`https://xn--mrmalade-0za.example/c/${TOKEN}`, "xn--mrmalade-0za.example"],
  ]) assert.deepEqual(read(text, HOST), { kind: "foreign", what: "link", host }, text);
  for (const text of [`https://marmаlade.example/c/${TOKEN}`, `https://${HOST}\\@evil.example/c/${TOKEN}`, `https://${HOST}\t.evil.example/c/${TOKEN}`]) {
    assert.deepEqual(read(text, HOST), { kind: "foreign", what: "link" }, text);
  }
});

test("what runs is never more than its name", () => {
  for (const text of ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,<script>1</script>", "vbscript:x", `javascript://${HOST}/c/${TOKEN}`]) {
    assert.deepEqual(read(text, HOST), { kind: "foreign", what: "script" }, text);
  }
});

test("other people's codes are named for what they are", () => {
  for (const [text, kind] of [
    ["WIFI:T:WPA;S:Grand Hotel;P:breakfast;;", "wifi"], ["BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Siân\r\nEND:VCARD", "vcard"],
    ["MECARD:N:Rhys,Siân;TEL:1;;", "vcard"], ["https://example.org/menu", "link"], ["www.example.org", "link"], ["upi://pay?pa=x", "link"],
    ["Table 4", "text"], ["", "text"], ["7KQ2M9XF", "text"], ["https://", "link"], [`${HOST}/c/${TOKEN}`, "text"],
    ["\u0000\u0001\u0002", "binary"], ["caf\ufffd", "binary"], ["x".repeat(3_000), "binary"],
  ]) assert.equal(what(text), kind, JSON.stringify(text.slice(0, 40)));
});

test("Q5: a typed code is read as it was meant", () => {
  for (const text of ["7KQ2M9XF", "7kq2 m9xf", " 7kq2-m9xf ", "7kq2·m9xf"]) assert.equal(typed(text), "7KQ2M9XF", text);
  assert.equal(typed("oOiIlL00"), "00111100");
  for (const text of ["", "7KQ2M9X", "7KQ2M9XFF", "https://evil.example/"]) assert.equal(typed(text), null, text);
});
