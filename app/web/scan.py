"""Being built."""

from flask import Blueprint

blueprint = Blueprint("scan", __name__)
