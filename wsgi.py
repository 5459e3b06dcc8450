"""The application, for whoever serves it."""

from app import create_app

app = create_app()
