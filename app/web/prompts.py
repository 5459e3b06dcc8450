"""Being built."""

from flask import Blueprint

blueprint = Blueprint("prompts", __name__)
