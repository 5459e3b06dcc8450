"""Being built."""

from flask import Blueprint

blueprint = Blueprint("one_to_ones", __name__)
