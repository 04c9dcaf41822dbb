"""Whose the data directory is, and what is never touched."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from plantops_server import errors
from plantops_server.stack.datadir import claimed, is_claimed, places_written, read_places


def test_the_directory_is_made_for_its_owner_only_with_the_version_of_its_layout(tmp_path: Path) -> None:
    with claimed(tmp_path / "a" / "plantops"):
        assert stat.S_IMODE((tmp_path / "a" / "plantops").stat().st_mode) == 0o700
        assert (tmp_path / "a" / "plantops" / "version").read_text() == "1\n"


def test_a_second_claim_names_the_first_one_and_the_way_out(tmp_path: Path) -> None:
    with claimed(tmp_path / "d"), places_written(tmp_path / "d", {"url": "http://127.0.0.1:8421"}):
        with pytest.raises(errors.StackAlreadyRunning) as caught, claimed(tmp_path / "d"):
            pass
        assert is_claimed(tmp_path / "d")
    assert f"process {os.getpid()}, http://127.0.0.1:8421" in str(caught.value)
    assert "PLANTOPS_DATA_DIR" in str(caught.value)
    assert caught.value.status == 409


def test_a_claim_ends_with_its_block(tmp_path: Path) -> None:
    with claimed(tmp_path / "d"):
        pass
    assert not is_claimed(tmp_path / "d")
    with claimed(tmp_path / "d"):
        pass


def test_the_addresses_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    with claimed(tmp_path / "d"):
        (tmp_path / "d" / "stack.json").write_text('{"url": "http://127.0.0.1:1"}')
    with claimed(tmp_path / "d"):
        assert read_places(tmp_path / "d") == {}


def test_a_directory_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("7\n")
    tmp_path.chmod(0o755)
    with pytest.raises(errors.DataDirectoryTooNew, match="layout 7, this one knows 1"), claimed(tmp_path):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["version"]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.parametrize("content", ["one\n", "", "-1\n", "١\n"])
def test_a_version_that_is_no_number_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "version").write_text(content)
    with pytest.raises(errors.DataDirectoryNotOurs, match="holds no number"), claimed(tmp_path):
        pass


def test_a_directory_with_files_of_others_keeps_its_mode_and_its_files(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    tmp_path.chmod(0o755)
    with pytest.raises(errors.DataDirectoryNotOurs, match="it holds other files"), claimed(tmp_path):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_what_serve_left_may_be_taken_over(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("key")
    with claimed(tmp_path):
        assert (tmp_path / "secret.key").read_text() == "key"


def test_a_file_in_the_way_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("")
    with pytest.raises(errors.DataDirectoryNotOurs, match="it is a file"), claimed(tmp_path / "d"):
        pass
    with pytest.raises(errors.DataDirectoryNotOurs), claimed(tmp_path / "d" / "below"):
        pass


def test_the_places_are_there_during_the_block_for_the_owner_only(tmp_path: Path) -> None:
    with places_written(tmp_path, {"url": "http://127.0.0.1:1"}):
        assert read_places(tmp_path) == {"url": "http://127.0.0.1:1"}
        assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600
    assert read_places(tmp_path) == {}


@pytest.mark.parametrize("content", ["", "[1]", "{", "\0"])
def test_damaged_places_count_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "stack.json").write_text(content)
    assert read_places(tmp_path) == {}
