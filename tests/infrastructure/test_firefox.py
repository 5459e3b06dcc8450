"""The other browser trusts this run's certificate, keeps a worker, and talks to this machine only."""

import pytest
from flask import Flask, Response

from tests.infrastructure import firefox, networking, sites
from tests.infrastructure.certificate import Certificate

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.skipif(firefox.find() is None, reason="Firefox is not here: on Debian, apt-get install firefox-esr")
def test_a_page_is_visited_over_https_and_another_machine_is_not(tls: Certificate, tmp_path) -> None:
    app = Flask(__name__)

    @app.get("/")
    def page() -> str:
        return "<!doctype html><title>Sound</title>Good morning"

    @app.get("/sw.js")
    def worker() -> Response:
        return Response("addEventListener('fetch', () => {})", content_type="text/javascript")

    port = networking.free_port()
    url = f"https://{sites.HOST}:{port}"
    with sites.serve(app, port, tls.server_context()), firefox.launch(tmp_path) as fox:
        fox.goto(url)
        assert fox.read("Good morning") == "Good morning"
        assert fox.run("return [isSecureContext, document.title]") == [True, "Sound"]
        fox.run("navigator.serviceWorker.register('/sw.js').then((one) => { window.kept = one.scope; })")
        assert fox.wait_for("return window.kept") == f"{url}/"
        with pytest.raises(firefox.Refused, match="proxyConnectFailure"):
            fox.goto("https://elsewhere.example/")
