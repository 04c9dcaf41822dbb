"""Backup and restore with PostgreSQL's own programs, all or nothing, and never with a password in an argument."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from plantops_cli import database_dump
from plantops_server.errors import WrongSecretKey
from plantops_server.store.vault import Vault
from tests.cli.conftest import Ran, run_cli


@pytest.fixture
def db_command(
    database_url: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """Run ``plantops db ...`` against a fresh database."""
    for name in [name for name in environ if name.startswith("PLANTOPS_")]:
        monkeypatch.setenv(name, environ[name])
    monkeypatch.setenv("PLANTOPS_DATABASE_URL", database_url)
    environ["PLANTOPS_DATABASE_URL"] = database_url
    return lambda *argv, **more: run_cli(("db", *argv), environ, **more)


def names(database_url: str) -> list[str]:
    with psycopg.connect(database_url) as conn:
        return [row[0] for row in conn.execute("SELECT name FROM plants ORDER BY name")]


def add(database_url: str, name: str) -> None:
    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO plants (id, name) VALUES (%s, %s)", (f"plt_{name}", name))


def test_status_tells_schema_and_counts(db_command: Callable[..., Ran], database_url: str) -> None:
    add(database_url, "Basil")

    found = json.loads(db_command("status", "--json").out)

    assert found["up_to_date"] is True
    assert found["plants"] == 1
    assert found["embedded"] is False
    assert found["size_bytes"] > 0


def test_migrating_an_up_to_date_database_changes_nothing(db_command: Callable[..., Ran]) -> None:
    assert "up to date" in db_command("migrate").err


def test_a_restored_backup_is_what_was_backed_up(
    db_command: Callable[..., Ran], database_url: str, tmp_path: Path
) -> None:
    add(database_url, "Basil")
    file = tmp_path / "garden.dump"
    backup = db_command("backup", "--to", str(file))
    assert (backup.code, backup.out) == (0, f"{file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    add(database_url, "Fern")

    restored = db_command("restore", str(file), "--yes")

    assert restored.code == 0, restored.err
    assert names(database_url) == ["Basil"]
    assert json.loads(db_command("status", "--json").out)["up_to_date"] is True
    add(database_url, "Mint")  # the restored database can be written to


def test_a_backup_never_overwrites_a_file(db_command: Callable[..., Ran], tmp_path: Path) -> None:
    file = tmp_path / "garden.dump"
    file.write_text("precious")

    assert db_command("backup", "--to", str(file)).code == 6
    assert file.read_text() == "precious"


def test_a_backup_into_nowhere_leaves_no_piece(db_command: Callable[..., Ran], tmp_path: Path) -> None:
    ran = db_command("backup", "--to", str(tmp_path / "none" / "garden.dump"))

    assert ran.code == 1
    assert "cannot be written" in ran.err


@pytest.mark.parametrize("content", [b"", b"no dump", b"PGDMP" + b"\0" * 100])
def test_what_is_no_backup_is_refused_before_anything_happens(
    db_command: Callable[..., Ran], database_url: str, tmp_path: Path, content: bytes
) -> None:
    add(database_url, "Basil")
    file = tmp_path / "wrong.dump"
    file.write_bytes(content)

    assert db_command("restore", str(file), "--yes").code == 2
    assert names(database_url) == ["Basil"]


def test_a_backup_cut_short_leaves_the_database_as_it_was(
    db_command: Callable[..., Ran], database_url: str, tmp_path: Path
) -> None:
    for number in range(200):
        add(database_url, f"Basil {number}")
    file = tmp_path / "garden.dump"
    db_command("backup", "--to", str(file))
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 4 // 10])
    before = names(database_url)

    ran = db_command("restore", str(file), "--yes")

    assert ran.code != 0
    assert names(database_url) == before


def test_a_backup_of_a_newer_version_is_refused_whole(
    db_command: Callable[..., Ran], database_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'future', '')")
    file = tmp_path / "future.dump"
    db_command("backup", "--to", str(file))
    with psycopg.connect(database_url) as conn:
        conn.execute("DELETE FROM schema_migrations WHERE version = 9999")
    add(database_url, "Basil")

    ran = db_command("restore", str(file), "--yes")

    assert ran.code == 1
    assert "newer PlantOps" in ran.err
    assert names(database_url) == ["Basil"]


def test_a_restore_asks_first(db_command: Callable[..., Ran], database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "garden.dump"
    db_command("backup", "--to", str(file))
    add(database_url, "Basil")

    assert db_command("restore", str(file)).code == 2
    assert db_command("restore", str(file), stdin="n\n", terminal=True).code == 1
    assert names(database_url) == ["Basil"]


def test_no_database_in_the_data_directory_says_what_makes_one(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLANTOPS_DATABASE_URL", raising=False)
    monkeypatch.setenv("PLANTOPS_DATA_DIR", environ["PLANTOPS_DATA_DIR"])

    ran = run_cli(("db", "status"), environ)

    assert ran.code == 3
    assert "plantops up" in ran.err
    assert not Path(environ["PLANTOPS_DATA_DIR"]).exists()


def test_the_password_goes_into_the_environment_of_the_programs() -> None:
    environment = database_dump.connection_environment(
        "postgresql://ada:canary@db:5433/garden?sslmode=require"
    )

    assert environment["PGPASSWORD"] == "canary"
    assert (environment["PGHOST"], environment["PGPORT"], environment["PGDATABASE"]) == (
        "db",
        "5433",
        "garden",
    )
    assert environment["PGSSLMODE"] == "require"


def test_the_brokers_state_is_written_for_its_owner_alone(
    db_command: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password, file = tmp_path / "password", tmp_path / "dynamic-security.json"
    password.write_text("the administrator's\n")
    monkeypatch.setenv("PLANTOPS_MQTT_PASSWORD_FILE", str(password))
    monkeypatch.setenv("PLANTOPS_SECRET_KEY_FILE", str(tmp_path / "secret.key"))

    ran = db_command("broker-state", "--to", str(file))

    assert (ran.code, ran.out) == (0, f"{file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    clients = {client["username"] for client in json.loads(file.read_text())["clients"]}
    assert clients == {"plantops-admin", "plantops-ingest", "plantops-downlink"}
    assert "the administrator's" not in file.read_text() + ran.out + ran.err
    assert db_command("broker-state", "--to", str(file)).code == 6


def test_without_the_administrators_password_no_state_is_written(
    db_command: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTOPS_MQTT_PASSWORD_FILE", str(tmp_path / "nowhere"))
    ran = db_command("broker-state", "--to", str(tmp_path / "state.json"))
    assert ran.code == 1
    assert "PLANTOPS_MQTT_PASSWORD_FILE" in ran.err
    assert not (tmp_path / "state.json").exists()


def test_another_key_seals_all_that_is_stored_and_the_old_one_is_kept_for_old_backups(
    db_command: Callable[..., Ran], database_url: str, environ: dict[str, str], tmp_path: Path
) -> None:
    key_file = tmp_path / "secret.key"
    environ["PLANTOPS_SECRET_KEY_FILE"] = str(key_file)
    old = Vault.from_key_file(key_file)
    with psycopg.connect(database_url) as conn:
        conn.execute(
            "INSERT INTO settings (key, value) VALUES ('llm', %s), ('plain', '\"sealed\"')",
            (
                json.dumps(
                    {"key": {"sealed": old.seal("sk-canary"), "masked": "sk-…"}, "list": [old.seal("hook")]}
                ),
            ),
        )

    assert db_command("rotate-key").code == 2, "it asks first"
    ran = db_command("rotate-key", "--yes")

    assert ran.code == 0, ran.err
    assert "2 secrets are sealed" in ran.err
    new = Vault.from_key_file(key_file)
    with psycopg.connect(database_url) as conn:
        (value,) = conn.execute("SELECT value FROM settings WHERE key = 'llm'").fetchone() or ()
    assert (new.unseal(value["key"]["sealed"]), new.unseal(value["list"][0])) == ("sk-canary", "hook")
    with pytest.raises(WrongSecretKey):
        old.unseal(value["key"]["sealed"])
    kept = Path(ran.out.strip())
    assert stat.S_IMODE(kept.stat().st_mode) == stat.S_IMODE(key_file.stat().st_mode) == 0o600
    key_file.write_text(key_file.read_text() + kept.read_text())
    assert Vault.from_key_file(key_file).unseal(old.seal("of a backup")) == "of a backup"


def test_a_key_that_does_not_open_what_is_stored_is_not_replaced(
    db_command: Callable[..., Ran], database_url: str, environ: dict[str, str], tmp_path: Path
) -> None:
    key_file = tmp_path / "secret.key"
    environ["PLANTOPS_SECRET_KEY_FILE"] = str(key_file)
    assert db_command("rotate-key", "--yes").code == 3, "there is none yet"
    Vault.from_key_file(key_file)
    before = key_file.read_text()
    with psycopg.connect(database_url) as conn:
        sealed = Vault.from_key_file(tmp_path / "other.key").seal("sk-canary")
        conn.execute("INSERT INTO settings (key, value) VALUES ('llm', %s)", (json.dumps(sealed),))

    ran = db_command("rotate-key", "--yes")

    assert ran.code == 1
    assert "cannot be opened with the key in" in ran.err
    assert "Traceback" not in ran.err
    assert key_file.read_text() == before
    assert [path.name for path in tmp_path.glob("secret.key*")] == ["secret.key"]
