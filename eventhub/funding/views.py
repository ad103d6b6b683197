"""The pages of the fund that are public or somebody's own; the modules above fill this blueprint."""

from flask import Blueprint

bp = Blueprint("funding", __name__)
