"""Being built."""

from flask import Blueprint

blueprint = Blueprint("organisers", __name__)
