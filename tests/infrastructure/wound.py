"""The many hosts' Celery application by a clock that a test has wound: --app tests.infrastructure.wound:office."""

import os

from tests.infrastructure.crews import Time

Time.told(os.environ).wound()

from app.delivery.hosts import office  # noqa: E402, F401 - the clock comes first
