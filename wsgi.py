"""The application, for whoever serves it."""

from app import create_app, tethers
from app.config import BadSetting

tethers.tie_web_process()
try:
    app = create_app()
except BadSetting as wrong:
    raise SystemExit(f"Marmalade can't start. {wrong}") from None
