"""A phone without a screen: real HTTP to a real server, its own cookies, the forms as the pages have them."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """What a page said, after redirects."""

    status: int
    url: str
    text: str


class _NoError(urllib.request.HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:
        # A refusal is an answer to look at; only redirects go on to the next handler.
        if 300 <= response.status < 400:
            return super().http_response(request, response)
        return response


class Handset:
    """One phone at `site`; `statuses` keeps what every request was answered with."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.statuses: list[int] = []
        self.page = Answer(0, site, "")
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _NoError)

    def get(self, path: str) -> Answer:
        """Open a page."""
        return self._open(urllib.request.Request(self.site + path))  # noqa: S310 - a site of the test's own

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form with the token of the page that is open."""
        token = TOKEN.search(self.page.text)
        body = urllib.parse.urlencode({**fields, "csrf_token": token.group(1) if token else ""}).encode()
        headers = {"Origin": self.site, "Sec-Fetch-Site": "same-origin"}
        return self._open(urllib.request.Request(self.site + path, body, headers))  # noqa: S310 - as above

    def sync(self, *items: dict[str, Any]) -> Answer:
        """Send what was kept while away, as the app's own script does; the page says whose it is, and how."""
        me = json.loads(self.get("/api/v1/me").text)
        sent = {"v": 1, "me": me["me"], "client_now": me["now"], "items": items}
        headers = {"Content-Type": "application/json", "X-CSRF-Token": me["csrf"], "Sec-Fetch-Site": "same-origin"}
        body = json.dumps(sent).encode()
        return self._open(urllib.request.Request(self.site + "/api/v1/sync", body, headers))  # noqa: S310 - as above

    def _open(self, request: urllib.request.Request) -> Answer:
        with self._opener.open(request, timeout=60) as answer:
            self.page = Answer(answer.status, answer.url, answer.read().decode("utf-8", "replace"))
        self.statuses.append(self.page.status)
        return self.page
