"""The application, for whoever serves it."""

import gc

from app import create_app, tethers
from app.config import BadSetting

tethers.tie_web_process()
try:
    app = create_app()
except BadSetting as wrong:
    raise SystemExit(f"Marmalade can't start. {wrong}") from None
# What was built by now stays to the end: no collection of garbage need look through it again.
gc.collect()
gc.freeze()
