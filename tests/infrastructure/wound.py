"""The many hosts' Celery application by a clock that a test has wound: --app tests.infrastructure.wound:office.

Whatever an application imports is there before the pool forks, so that a process which comes for one that was killed
is at work in no time.
"""

import os

from tests.infrastructure.crews import Time

Time.told(os.environ).wound()

from app import commands, web  # noqa: E402, F401 - the clock comes first
from app.delivery.hosts import office  # noqa: E402, F401
