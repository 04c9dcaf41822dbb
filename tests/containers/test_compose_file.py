"""compose.yml against the Compose Specification's schema, and against what must be true of a deployment.

No Docker engine runs here. compose-spec.json is the specification's own schema (github.com/compose-spec/compose-spec,
Apache-2.0, as packaged by check-jsonschema 0.39.0), unchanged.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from plantops_server.settings import Settings
from plantops_server.stack import dynsec_state

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(Path(__file__).with_name("compose-spec.json").read_text())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yml").read_text())
    return loaded


def test_the_file_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(compose)


def test_the_schema_would_notice_a_misspelt_key(compose: dict[str, Any]) -> None:
    services = compose["services"] | {"server": compose["services"]["server"] | {"enviroment": {}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(compose | {"services": services})


def test_everything_that_is_referred_to_exists(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        assert set(service.get("networks", [])) <= set(compose["networks"])
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).is_file() if source.startswith(".") else source in compose["volumes"]


def test_no_password_stands_in_the_file(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name:
                assert name.endswith("_FILE")
                assert value.startswith("/run/secrets/")
    assert re.findall(r"://[^/\s@]*:[^/\s@]*@", (ROOT / "compose.yml").read_text()) == []
    assert all(set(secret) == {"file"} for secret in compose["secrets"].values())


def test_only_loopback_is_published_unless_somebody_says_otherwise(compose: dict[str, Any]) -> None:
    published = {
        name: service["ports"] for name, service in compose["services"].items() if "ports" in service
    }
    assert set(published) == {"broker", "server"}
    for ports in published.values():
        assert all(re.match(r"\$\{PLANTOPS_\w*BIND:-127\.0\.0\.1\}:", port) for port in ports)


def test_the_server_is_given_only_settings_that_exist(compose: dict[str, Any]) -> None:
    names = {f"PLANTOPS_{field.upper()}" for field in Settings.model_fields}
    assert set(compose["services"]["server"]["environment"]) <= names


def test_every_lasting_service_restarts_and_is_checked(compose: dict[str, Any]) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    for name, service in compose["services"].items():
        if name == "broker-accounts":  # ends after its one task
            continue
        assert service["restart"] == "unless-stopped"
        assert "healthcheck" in service or ("build" in service and "HEALTHCHECK" in dockerfile)


def test_images_are_pinned_to_a_version(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert re.search(r":\d+\.\d+\.\d+", service["image"])


def test_the_state_of_the_broker_is_made_by_a_command_that_works(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    python, minus_m, module, state, *options = compose["services"]["broker-accounts"]["command"]
    assert (python, minus_m, module) == ("python", "-m", dynsec_state.__name__)
    assert state in (ROOT / "broker" / "mosquitto.conf").read_text()
    password = tmp_path / "mqtt_admin_password"
    password.write_text("secret\n")
    given = [str(password) if option.startswith("/run/secrets/") else option for option in options]
    without_owner = given[: given.index("--owner")]
    dynsec_state.main([str(tmp_path / "state.json"), *without_owner])
    assert [c["username"] for c in json.loads((tmp_path / "state.json").read_text())["clients"]] == [
        "plantops-admin"
    ]


def test_a_state_that_is_there_already_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state.json").write_text("{}")
    dynsec_state.main([str(tmp_path / "state.json"), "--password-file", str(tmp_path / "absent")])
    assert (tmp_path / "state.json").read_text() == "{}"
    assert "left as it is" in capsys.readouterr().err


def test_a_missing_or_empty_password_file_is_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").write_text("\n")
    for name in ("empty", "absent"):
        with pytest.raises(SystemExit):
            dynsec_state.main([str(tmp_path / "state.json"), "--password-file", str(tmp_path / name)])
        assert name in capsys.readouterr().err
    assert not (tmp_path / "state.json").exists()


def test_the_build_gets_what_the_wheel_is_made_of_and_no_secret() -> None:
    allowed = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert allowed == {"requirements.lock", "pyproject.toml", "README.md", "LICENSE"} | {
        f"plantops_{part}" for part in ("api", "server", "tui", "cli")
    }
    assert all((ROOT / name).exists() for name in allowed)
