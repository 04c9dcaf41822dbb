"""A client finds its server and token by itself, and never hands the local token to a stranger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plantops_api.places import TokenFileUnreadable, find_server, read_token


@pytest.fixture
def local(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "admin.token").write_text("po_local\n")
    return {"PLANTOPS_DATA_DIR": str(tmp_path)}


def announce(environ: dict[str, str], url: str) -> None:
    Path(environ["PLANTOPS_DATA_DIR"], "stack.json").write_text(json.dumps({"url": url}))


def test_without_anything_it_is_the_default_port_of_this_machine(tmp_path: Path) -> None:
    assert find_server({"PLANTOPS_DATA_DIR": str(tmp_path)}) == ("http://127.0.0.1:8420", None, None)


def test_the_running_stack_is_found_with_its_token(local: dict[str, str]) -> None:
    announce(local, "http://127.0.0.1:9000")

    assert find_server(local)[:2] == ("http://127.0.0.1:9000", "po_local")


def test_the_environment_goes_before_the_stack_and_arguments_before_the_environment(
    local: dict[str, str], tmp_path: Path
) -> None:
    announce(local, "http://127.0.0.1:9000")
    named = tmp_path / "named.token"
    named.write_text("po_named")
    local |= {"PLANTOPS_URL": "http://garden.test", "PLANTOPS_TOKEN_FILE": str(named)}

    assert find_server(local)[:2] == ("http://garden.test", "po_named")
    assert find_server(
        local, url="http://other.test", token_file=Path(local["PLANTOPS_DATA_DIR"], "admin.token")
    )[:2] == (
        "http://other.test",
        "po_local",
    )


@pytest.mark.parametrize("url", ["http://evil.test", "http://127.0.0.1.evil.test", "http://192.168.1.5:8420"])
def test_the_local_admins_token_goes_to_this_machine_only(local: dict[str, str], url: str) -> None:
    assert find_server({**local, "PLANTOPS_URL": url}).token is None

    announce(local, url)
    place = find_server(local)
    assert (place.url, place.token) == ("http://127.0.0.1:8420", "po_local")


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.1", "http://[::1]:8420"])
def test_every_name_of_this_machine_gets_it(local: dict[str, str], url: str) -> None:
    assert find_server({**local, "PLANTOPS_URL": url}).token == "po_local"


@pytest.mark.parametrize("broken", ["", "[]", "{", "null", '{"url": 5}', "\udcff"])
def test_a_broken_stack_file_is_as_good_as_none(local: dict[str, str], broken: str) -> None:
    Path(local["PLANTOPS_DATA_DIR"], "stack.json").write_bytes(broken.encode(errors="surrogateescape"))

    assert find_server(local).url == "http://127.0.0.1:8420"


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"\xff\xfe", b"to\x1bken", "tökén".encode()])
def test_a_file_that_holds_no_token_is_said_by_name_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "some.token"
    file.write_bytes(content)

    with pytest.raises(TokenFileUnreadable, match=r"some\.token") as caught:
        read_token(file)
    assert "words" not in str(caught.value)


def test_a_missing_token_file_is_an_error_when_it_was_named(tmp_path: Path) -> None:
    with pytest.raises(TokenFileUnreadable, match="No such file"):
        find_server({"PLANTOPS_DATA_DIR": str(tmp_path)}, token_file=tmp_path / "none")


def test_a_place_shows_no_token(local: dict[str, str]) -> None:
    assert "po_local" not in repr(find_server(local))
