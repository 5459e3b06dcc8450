import assert from "node:assert/strict";
import { test } from "node:test";
import { facts } from "../../static/js/home-screen.js";

const WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
const iphone = (os, rest = "Version/26.0 Mobile/15E148 Safari/604.1") =>
  `Mozilla/5.0 (iPhone; CPU iPhone OS ${os} like Mac OS X) ${WEBKIT} ${rest}`;
const ipad = (version) => `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/${version} Safari/605.1.15`;
const ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36";
const WEBVIEW = ANDROID.replace("; K)", "; K; wv)");
const said = (agent, more = {}) => facts({ agent, touches: 5, standalone: false, secure: true, media: true, ...more });

test("an iPhone is known, and an iPad that calls itself a Mac; a Mac and an Android phone are none", () => {
  for (const agent of [iphone("18_7"), ipad("26.0"), "Mozilla/5.0 (iPad; CPU OS 16_3 like Mac OS X)"]) assert.ok(said(agent).ios, agent);
  assert.ok(!said(ipad("26.0"), { touches: 0 }).ios);
  assert.ok(!said(ANDROID).ios);
});

test("H11: an iPhone before iOS 16.4 is told that it cannot be reminded, and no later one is", () => {
  for (const os of ["15_8", "16_3", "16_3_1"]) assert.ok(said(iphone(os)).old, os);
  for (const os of ["16_4", "16_4_1", "17_0", "18_7"]) assert.ok(!said(iphone(os)).old, os);
  assert.ok(said(ipad("16.3")).old);
  assert.ok(!said(ipad("17.4")).old);
  assert.ok(!said(ANDROID.replace("Android 10", "Android 9")).old);
});

test("H13: another app's browser is known by having no camera, or by what it calls itself", () => {
  assert.ok(said(ANDROID, { media: false }).inside);
  assert.ok(said(WEBVIEW).inside);
  assert.ok(said(iphone("18_7", "Mobile/15E148 [FBAN/FBIOS;FBAV/400]")).inside);
  for (const agent of [ANDROID, iphone("18_7"), ipad("26.0")]) assert.ok(!said(agent).inside, agent);
  // At home, without https, no browser has a camera to give; and an app on the Home Screen does not call itself Safari.
  assert.ok(!said(ANDROID, { media: false, secure: false }).inside);
  assert.ok(!said(iphone("18_7", "Mobile/15E148"), { standalone: true }).inside);
});
