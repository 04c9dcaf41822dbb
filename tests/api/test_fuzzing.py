"""Requests that the OpenAPI document allows, and many that it forbids, thrown at a whole server by schemathesis."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.running_server import Running

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
LEFT_OUT = "^/api/(stream|auth/logout|species/lookup|species/fetch|settings/species/test)$"
"""A stream never ends, and these species are asked of a service outside, with whatever key was put in before."""


@pytest.mark.timeout(180)
def test_no_request_makes_an_answer_that_the_document_does_not_promise(
    server: Running, tmp_path: Path
) -> None:
    program = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [
            program, "run", f"{server.url}/api/openapi.json", "--header", f"Authorization: Bearer {server.admin_token}",
            "--checks", CHECKS, "--exclude-path-regex", LEFT_OUT, "--phases", "coverage,fuzzing",
            "--max-examples", "5", "--max-time", "12", "--generation-deterministic",
            "--suppress-health-check", "all", "--warnings", "off", "--no-color", "--continue-on-failure",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=150,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
