"""``python -m plantops_cli`` is ``plantops``."""

from plantops_cli.main import run

run()
